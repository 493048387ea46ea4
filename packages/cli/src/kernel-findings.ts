import { existsSync } from 'node:fs';
import { release } from 'node:os';
import { type Finding, note, off, on } from './finding.js';
import { read } from './process-scan.js';

/** Capabilities the sensor uses, by bit, and for what. */
const NEEDED = [
  { bit: 39, name: 'CAP_BPF', why: 'load the sensor' },
  { bit: 38, name: 'CAP_PERFMON', why: 'attach it' },
] as const;
const USEFUL = [
  { bit: 19, name: 'CAP_SYS_PTRACE', why: "the ancestry of processes older than the agent, of other users'" },
  { bit: 2, name: 'CAP_DAC_READ_SEARCH', why: 'sockets and state of the container runtimes' },
] as const;
const SYS_ADMIN = 21;

/** What the effective capabilities (the hexadecimal number in /proc/PID/status) allow. */
export function examinePrivileges(hex: string): Finding[] {
  const set = BigInt(`0x${hex === '' ? '0' : hex}`);
  const has = (bit: number): boolean => ((set >> BigInt(bit)) & 1n) === 1n;
  const missing = NEEDED.filter(({ bit }) => !has(bit) && !has(SYS_ADMIN));
  const unseen = USEFUL.filter(({ bit }) => !has(bit));
  if (missing.length > 0) {
    const names = missing.map((m) => `${m.name} (to ${m.why})`).join(', ');
    return [off('privileges', `missing ${names}; run as root`, 'the sensor cannot be loaded', true)];
  }
  if (unseen.length === 0) return [on('privileges', 'all that the sensor needs')];
  return unseen.map(({ name, why }) => off(name, 'not among the capabilities of this process', why));
}

const URING: Readonly<Record<string, string>> = {
  '': 'this kernel has none, or too old a switch to tell',
  '0': 'allowed; its requests are reported like system calls',
  '1': 'restricted to a group; its requests are reported like system calls',
  '2': 'disabled for all',
};

const UNSEEN = 'cannot be seen: this kernel has none, or securityfs is not mounted';

function lockdown(mode: string): Finding {
  if (mode.includes('[confidentiality]')) {
    return off(
      'lockdown',
      'confidentiality mode',
      'the kernel lets no program read its memory: no events',
      true,
    );
  }
  return note('lockdown', mode === '' ? UNSEEN : mode);
}

const compatPossible = (): boolean => process.arch === 'arm64' || existsSync('/proc/sys/abi/vsyscall32');

/** Facts about the kernel that decide, or that people ask about. */
export function examineKernel(): Finding[] {
  const lsm = read('/sys/kernel/security/lsm').trim();
  const memlock = /^Max locked memory\s+(\S+)/m.exec(read('/proc/self/limits'))?.[1] ?? 'unknown';
  const uring = read('/proc/sys/kernel/io_uring_disabled').trim();
  return [
    note('kernel', `${release()} ${process.arch}`),
    ...examinePrivileges(/CapEff:\s*(\S+)/.exec(read('/proc/self/status'))?.[1] ?? ''),
    lockdown(read('/sys/kernel/security/lockdown').trim()),
    note('trampolines (fentry, fexit)', 'not used: nothing is lost where the kernel refuses them'),
    note(
      'BPF LSM',
      lsm === ''
        ? UNSEEN
        : lsm.split(',').includes('bpf')
          ? 'active: policies are enforced by it'
          : 'not active: policies are enforced by other means, as far as these go',
    ),
    note(
      'locked memory',
      `limit ${memlock} bytes; Linux 5.11 and newer charge the sensor to its cgroup instead`,
    ),
    note('io_uring', URING[uring] ?? uring),
    note(
      '32-bit system calls',
      compatPossible() ? 'possible; reported like native ones' : 'this kernel has none',
    ),
  ];
}
