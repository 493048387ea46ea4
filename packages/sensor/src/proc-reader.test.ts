import { type ChildProcess, spawn } from 'node:child_process';
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ProcessEntry, ProcessTable } from '@runward/tracker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listPids, namespaceId, readCgroupPath, readProcess } from './proc-reader.js';

/** A name that looks like the end of itself and more fields to a careless reader of /proc/PID/stat. */
const NAME = 'a) Z 1 (b c';
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'runward-proc-')));
const program = join(folder, NAME);
let child: ChildProcess;
let pid: number;

const read = (of: number): ProcessEntry => {
  const entry = new ProcessTable({ readProcess }).create();
  readProcess(of, entry);
  return entry;
};
const ended = (process: ChildProcess): Promise<void> =>
  new Promise((resolve) => process.once('exit', () => resolve()));

beforeAll(async () => {
  copyFileSync('/bin/sleep', program);
  child = spawn(program, ['1000'], { cwd: folder, detached: true, stdio: 'ignore' });
  await new Promise((resolve) => child.once('spawn', resolve));
  pid = child.pid ?? 0;
});
afterAll(async () => {
  const end = ended(child);
  child.kill('SIGKILL');
  await end;
  rmSync(folder, { recursive: true });
});

describe('a living process', () => {
  test('is described as it was started', () => {
    expect(read(pid)).toMatchObject({
      pid,
      ppid: process.pid,
      pgid: pid,
      sid: pid,
      comm: NAME,
      args: [program, '1000'],
      cwd: folder,
      uid: process.getuid?.(),
      euid: process.geteuid?.(),
      gid: process.getgid?.(),
      tty: 0,
      exited: false,
    });
  });

  test('has the executable it was started from', () => {
    const file = statSync(program, { bigint: true });
    expect(read(pid).executable).toMatchObject({
      path: program,
      inode: file.ino,
      mtimeNs: file.mtimeNs,
      mode: Number(file.mode),
      deleted: false,
      memfd: false,
    });
  });

  test('began after this machine and before now', () => {
    const now = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1e9;
    const { startNs } = read(pid);
    expect(startNs).toBeGreaterThan(now - 60e9);
    expect(startNs).toBeLessThanOrEqual(now);
    expect(startNs % 10_000_000).toBe(0);
  });

  test('is in the namespaces its links name', () => {
    const entry = read(pid);
    const link = (kind: string): string => readlinkSync(`/proc/${pid}/ns/${kind}`);
    expect([
      `pid:[${entry.pidNs}]`,
      `mnt:[${entry.mntNs}]`,
      `net:[${entry.netNs}]`,
      `user:[${entry.userNs}]`,
    ]).toEqual(['pid', 'mnt', 'net', 'user'].map(link));
  });

  test('has the capabilities its status shows', () => {
    const shown = /^CapEff:\t([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    expect(read(pid).caps.effective).toBe(BigInt(`0x${shown}`));
  });

  test('is listed, with the cgroup it is in', () => {
    expect(listPids()).toEqual(expect.arrayContaining([pid, process.pid, 1]));
    const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
    for (const line of lines) {
      const [id = '', , ...path] = line.split(':');
      expect(readCgroupPath(pid, Number(id))).toBe(path.join(':'));
    }
    expect(readCgroupPath(pid, 999)).toBeUndefined();
  });
});

test('an executable that has been removed is known by the name it had', () => {
  rmSync(program);
  expect(read(pid).executable).toMatchObject({ path: program, deleted: true });
});

test('a process that does not exist leaves an empty description', () => {
  const none = read(5_000_000);
  expect(none).toMatchObject({ startNs: 0, comm: '', args: [], cwd: '', mntNs: 0, loginuid: 0xffff_ffff });
  expect(none.executable.path).toBe('');
  expect([namespaceId(5_000_000, 'pid'), readCgroupPath(5_000_000, 0)]).toEqual([0, undefined]);
});
