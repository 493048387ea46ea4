import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

/** Where a program is, looking where Debian puts daemons as well. */
export function which(program: string): string | undefined {
  // Debian's own package first: a foreign build further up in PATH may not match the packaged daemon.
  const folders = ['/usr/bin', '/usr/sbin', ...(process.env.PATH ?? '').split(delimiter)];
  return folders
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

export function missingProgram(...programs: readonly string[]): string | undefined {
  const absent = programs.filter((program) => which(program) === undefined);
  return absent.length === 0 ? undefined : `not installed: ${absent.join(', ')}`;
}

// In the kernel's numbering, include/uapi/linux/capability.h.
const capabilityNames = `CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP
  LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO
  SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD
  LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ
  PERFMON BPF CHECKPOINT_RESTORE`
  .split(/\s+/)
  .map((name) => `CAP_${name}`);

/** What this process may hand on. A sandboxed root often lacks one or two, and asking for them fails. */
export function hostCapabilities(): string[] {
  const line = /^CapBnd:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'));
  const set = BigInt(`0x${line?.[1] ?? '0'}`);
  return capabilityNames.filter((_, bit) => (set >> BigInt(bit)) & 1n);
}

export function hostLacksCapabilities(): boolean {
  return hostCapabilities().length < capabilityNames.length;
}

export const defaultCapabilities = [
  'CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FSETID', 'CAP_FOWNER', 'CAP_MKNOD', 'CAP_NET_RAW', 'CAP_SETGID',
  'CAP_SETUID', 'CAP_SETFCAP', 'CAP_SETPCAP', 'CAP_NET_BIND_SERVICE', 'CAP_SYS_CHROOT', 'CAP_KILL',
  'CAP_AUDIT_WRITE',
]; // biome-ignore format: a list reads better than a column

const repository = resolve(import.meta.dirname, '../../..');

/**
 * Why the 32-bit door of the kernel that a test program goes through is shut here, or `undefined`. Some hypervisors and
 * hardened kernels have none though they were built with it; the virtual machines' kernels have.
 */
export function missingDoor(program: 'calls32' | 'int80'): string | undefined {
  execFileSync(join(repository, 'scripts/build-test-programs.sh'));
  const path = join(repository, 'build/test-programs', program);
  // By bash, which says so: what Node.js starts is taken for a shell script when the kernel refuses it.
  const { status, signal, stderr } = spawnSync('bash', ['-c', 'exec "$0" open /dev/null', path], {
    encoding: 'utf8',
  });
  if (status === 126) return 'this kernel starts no 32-bit programs';
  if (signal === 'SIGSEGV') return 'this kernel refuses int 0x80';
  if (status !== 0) throw new Error(`${program} does not work: exit code ${status}: ${stderr}`);
  return undefined;
}
