import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import type { ExecutableFacts } from '@runward/events';
import { EMPTY_IMAGE, type ProcessEntry, splitStrings } from '@runward/tracker';

const TICK_NS = 10_000_000; // USER_HZ is 100 on every architecture Linux supports today
const CHECK_UNSET = 0xffff_ffff;

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** Inode number of a namespace of a process; 0 when it is gone. */
export const namespaceId = (pid: number, kind: string): number =>
  Number(/\[(\d+)\]/.exec(readLink(`/proc/${pid}/ns/${kind}`))?.[1] ?? 0);

/** Fields of /proc/PID/stat after the name, which may itself contain spaces and parentheses. */
function readStat(pid: number): readonly string[] {
  const text = readText(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function readStatus(pid: number): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, readonly string[]>();
  for (const line of readText(`/proc/${pid}/status`).split('\n')) {
    const cut = line.indexOf(':');
    if (cut > 0)
      fields.set(
        line.slice(0, cut),
        line
          .slice(cut + 1)
          .trim()
          .split(/\s+/),
      );
  }
  return fields;
}

function readExecutable(pid: number): ExecutableFacts {
  const link = readLink(`/proc/${pid}/exe`);
  const deleted = link.endsWith(' (deleted)');
  const path = deleted ? link.slice(0, -' (deleted)'.length) : link;
  const facts: ExecutableFacts = {
    ...EMPTY_IMAGE.executable,
    path: path.replace(/^\/memfd:/, 'memfd:'),
    deleted,
  };
  try {
    const stat = statSync(`/proc/${pid}/exe`, { bigint: true });
    return {
      ...facts,
      inode: stat.ino,
      ctimeNs: stat.ctimeNs,
      mtimeNs: stat.mtimeNs,
      uid: Number(stat.uid),
      mode: Number(stat.mode),
      memfd: path.startsWith('/memfd:'),
      setuid: (stat.mode & 0o4000n) !== 0n,
      setgid: (stat.mode & 0o2000n) !== 0n,
    };
  } catch {
    return facts;
  }
}

const hex = (text: string | undefined): bigint => (text === undefined ? 0n : BigInt(`0x${text}`));

/**
 * Fills an entry from /proc: for processes older than the sensor, or whose start was lost. What /proc no
 * longer shows (the process is gone) stays empty. Which overlay layer the executable is in is not visible
 * there and stays false.
 */
export function readProcess(pid: number, entry: ProcessEntry): void {
  const stat = readStat(pid);
  const status = readStatus(pid);
  const nth = (name: string, index: number): number => Number(status.get(name)?.[index] ?? 0);
  const last = (name: string): number => Number(status.get(name)?.at(-1) ?? 0);
  entry.pid = pid;
  entry.comm = readText(`/proc/${pid}/comm`).trimEnd();
  entry.ppid = Number(stat[1] ?? 0);
  entry.pgid = Number(stat[2] ?? 0);
  entry.sid = Number(stat[3] ?? 0);
  entry.startNs = Number(stat[19] ?? 0) * TICK_NS;
  entry.tty = ttyNumber(Number(stat[4] ?? 0));
  entry.vpid = last('NSpid') || pid;
  entry.vpgid = last('NSpgid') || entry.pgid;
  entry.vsid = last('NSsid') || entry.sid;
  entry.uid = nth('Uid', 0);
  entry.euid = nth('Uid', 1);
  entry.gid = nth('Gid', 0);
  entry.egid = nth('Gid', 1);
  entry.loginuid = Number(readText(`/proc/${pid}/loginuid`) || CHECK_UNSET);
  entry.inheritable = hex(status.get('CapInh')?.[0]);
  entry.permitted = hex(status.get('CapPrm')?.[0]);
  entry.effective = hex(status.get('CapEff')?.[0]);
  entry.cwd = readLink(`/proc/${pid}/cwd`);
  entry.pidNs = namespaceId(pid, 'pid');
  entry.mntNs = namespaceId(pid, 'mnt');
  entry.netNs = namespaceId(pid, 'net');
  entry.userNs = namespaceId(pid, 'user');
  entry.image = {
    comm: entry.comm,
    args: splitStrings(new TextEncoder().encode(readText(`/proc/${pid}/cmdline`))),
    argsTruncated: false,
    env: [],
    executable: readExecutable(pid),
    execAtNs: 0,
  };
}

/** /proc/PID/stat packs minor 0-7, major 8-19, minor 20-31; the kernel's own number is major << 20 | minor. */
function ttyNumber(packed: number): number {
  if (packed === 0) return 0;
  return (((packed >>> 8) & 0xfff) << 20) | (packed & 0xff) | ((packed >>> 12) & 0xfff00);
}

/** Processes (thread group leaders) that exist now. */
export const listPids = (): number[] =>
  readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));

/** The cgroup path of a process in hierarchy `id` (0: v2); undefined when the process is gone. */
export function readCgroupPath(pid: number, id: number): string | undefined {
  for (const line of readText(`/proc/${pid}/cgroup`).split('\n')) {
    if (line.startsWith(`${id}:`)) return line.split(':').slice(2).join(':');
  }
  return undefined;
}
