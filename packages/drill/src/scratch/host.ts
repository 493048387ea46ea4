import { accessSync, closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where a program is; daemons' folders count, which are not in everybody's PATH. */
export function which(program: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  return folders
    .filter((folder) => folder !== '')
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

/** In the kernel's numbering, include/uapi/linux/capability.h. */
const CAPABILITIES =
  `CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
  NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN
  SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
  MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`
    .split(/\s+/)
    .map((name) => `CAP_${name}`);

/** What this process may hand on; root in a sandbox often lacks some, and asking for them fails. */
export function ownCapabilities(): readonly string[] {
  const [, hex = '0'] = /^CapBnd:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  const set = BigInt(`0x${hex}`);
  return CAPABILITIES.filter((_, bit) => ((set >> BigInt(bit)) & 1n) === 1n);
}

const ELF64_HEADER = 64;
const PT_INTERP = 3;

/** Whether an executable runs without a loader and libraries (elf(5), 64 bits, little-endian). */
export function isStatic(path: string): boolean {
  const fd = openSync(path, 'r');
  try {
    const header = Buffer.alloc(ELF64_HEADER);
    if (readSync(fd, header, 0, ELF64_HEADER, 0) < ELF64_HEADER) return false;
    if (header.readUInt32BE(0) !== 0x7f454c46 || header[4] !== 2 || header[5] !== 1) return false;
    const [offset, size, count] = [
      Number(header.readBigUInt64LE(32)),
      header.readUInt16LE(54),
      header.readUInt16LE(56),
    ];
    const table = Buffer.alloc(size * count);
    if (size < 4 || readSync(fd, table, 0, table.length, offset) < table.length) return false;
    return !Array.from({ length: count }, (_, i) => table.readUInt32LE(i * size)).includes(PT_INTERP);
  } finally {
    closeSync(fd);
  }
}
