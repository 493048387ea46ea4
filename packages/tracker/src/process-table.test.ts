import { EventFlag, type RingView, RwExeFact } from '@runward/events';
import { execRecord, exitRecord, forkRecord, sysRecord } from '@runward/events/testing';
import { describe, expect, test } from 'vitest';
import type { ProcessEntry } from './process-entry.js';
import { ProcessTable } from './process-table.js';
import { nobody } from './testing/nobody.js';
import { viewOf } from './testing/view-of.js';

/** Above the largest pid a kernel gives, so that /proc knows nothing of it. */
const INIT = 5_000_000;
const START = 1_234_567_890;

/** A table with one process and what the kernel could tell of it. */
class World {
  readonly table = new ProcessTable(nobody);
  readonly init: ProcessEntry;
  #clock = START;

  constructor() {
    this.init = this.exec(INIT, { comm: 'init', path: '/sbin/init', startNs: START });
  }
  /** Later than anything before. */
  tick(): number {
    this.#clock += 1_000_003;
    return this.#clock;
  }
  fork(parent: ProcessEntry, childPid: number, facts: object = {}): ProcessEntry {
    const childStartNs = this.tick();
    const from = { pid: parent.pid, startNs: parent.startNs, comm: parent.comm };
    return this.table.fork(viewOf(forkRecord({ ...from, childPid, childStartNs, ...facts })));
  }
  exec(pid: number, facts: Parameters<typeof execRecord>[0] = {}): ProcessEntry {
    const startNs = this.table.byPid(pid)?.startNs ?? START;
    return this.table.exec(viewOf(execRecord({ pid, startNs, ...facts })));
  }
  exit(process: ProcessEntry): ProcessEntry | undefined {
    return this.table.exit(viewOf(exitRecord({ pid: process.pid, startNs: process.startNs })));
  }
}

const ancestry = (entry: ProcessEntry): string[] => {
  const comms: string[] = [];
  for (let at = entry.parent; at !== undefined; at = at.parent) comms.push(at.comm);
  return comms;
};

describe('fork', () => {
  test('gives the child what the parent had, and its own numbers', () => {
    const world = new World();
    const child = world.fork(world.init, INIT + 1, { childVpid: 7, childPidNs: 99, childCgroup: 42 });
    expect(child).toMatchObject({ pid: INIT + 1, ppid: INIT, vpid: 7, pidNs: 99, cgroup: 42, comm: 'init' });
    expect(child.executable.path).toBe('/sbin/init');
    expect(child.parent).toBe(world.init);
    expect(child.startedAtNs).toBe(BigInt(START + 1_000_003));
  });

  test('takes the name the parent has at that moment', () => {
    const world = new World();
    const child = world.fork(world.init, INIT + 1, { comm: 'renamed' });
    expect([child.comm, world.init.comm]).toEqual(['renamed', 'init']);
  });

  test("a path known for the parent's cgroup does not pass to a child in another", () => {
    const world = new World();
    world.init.cgroupPath = '/init.scope';
    expect(world.fork(world.init, INIT + 1, { cgroup: 1, childCgroup: 1 }).cgroupPath).toBe('/init.scope');
    expect(world.fork(world.init, INIT + 2, { cgroup: 1, childCgroup: 2 }).cgroupPath).toBe('');
  });
});

describe('exec', () => {
  test('what held the process before still shows the image of that time', () => {
    const world = new World();
    const before = world.fork(world.init, INIT + 1);
    const after = world.exec(INIT + 1, { comm: 'cat', path: '/bin/cat', args: ['cat', '/etc/passwd'] });
    expect([before.comm, before.executable.path]).toEqual(['init', '/sbin/init']);
    expect([after.comm, after.executable.path, after.args]).toEqual([
      'cat',
      '/bin/cat',
      ['cat', '/etc/passwd'],
    ]);
    expect(world.table.byPid(INIT + 1)).toBe(after);
    expect(ancestry(after)).toEqual(['init']);
  });

  test('children forked before it see the parent as it is now', () => {
    const world = new World();
    const shell = world.fork(world.init, INIT + 1);
    const child = world.fork(shell, INIT + 2);
    const execed = world.exec(INIT + 1, { comm: 'nginx' });
    expect(child.parent).toBe(execed);
  });

  test('carries the facts of the executable', () => {
    const world = new World();
    const facts = RwExeFact.RW_EXE_UPPER | RwExeFact.RW_EXE_SETUID;
    const fixed = {
      exe_facts: facts,
      file_mode: 0o104755,
      file_uid: 0,
      dev: (8 << 20) | 3,
      sid: 5,
      tty: 136 << 20,
    };
    const entry = world.exec(INIT, { inode: 77n, uid: 1000, gid: 1000, fixed, capInheritable: 3n });
    expect(entry).toMatchObject({ sid: 5, tty: 136 << 20, inheritable: 3n, uid: 1000 });
    expect(entry.executable).toMatchObject({
      inode: 77n,
      deviceMajor: 8,
      deviceMinor: 3,
      upperLayer: true,
      lowerLayer: false,
      setuid: true,
      setgid: false,
      mode: 0o104755,
      writable: false,
    });
  });

  test.each([
    ['the superuser', { uid: 0 }, 0o100555, true],
    ['the owner with the right', { uid: 1000 }, 0o100755, true],
    ['the owner without it', { uid: 1000 }, 0o100577, false],
    ['the group with the right', { uid: 5, gid: 1000 }, 0o100775, true],
    ['others without it', { uid: 5, gid: 5 }, 0o100775, false],
    ['others with the right', { uid: 5, gid: 5 }, 0o100757, true],
  ])('%s may write the executable as its mode says', (_, who, mode, writable) => {
    const world = new World();
    const entry = world.exec(INIT, { ...who, fixed: { file_mode: mode, file_uid: 1000, file_gid: 1000 } });
    expect(entry.executable.writable).toBe(writable);
  });

  test('arguments that were cut are marked, other cuts are not theirs', () => {
    const world = new World();
    const cut = { flags: EventFlag.truncated, args: ['a', 'b'] };
    expect(world.exec(INIT, { ...cut, argsLength: 9000 }).argsTruncated).toBe(true);
    expect(world.exec(INIT, cut).argsTruncated).toBe(false);
  });

  test('empty arguments keep their place', () => {
    expect(new World().exec(INIT, { args: ['sh', '', '-c', ''] }).args).toEqual(['sh', '', '-c', '']);
    expect(new World().exec(INIT, { args: [] }).args).toEqual([]);
  });

  test('the environment is there when it was asked for', () => {
    expect(new World().exec(INIT, { env: ['A=1', 'B='] }).env).toEqual(['A=1', 'B=']);
    expect(new World().exec(INIT).env).toEqual([]);
  });
});

describe('credentials', () => {
  test.each(['uid', 'gid', 'euid', 'egid'] as const)(
    'a change of %s alone shows with the next event',
    (name) => {
      const world = new World();
      const event = sysRecord({ pid: INIT, startNs: START, uid: 0, gid: 0, euid: 0, egid: 0, [name]: 1000 });
      expect(world.table.acting(viewOf(event))).toMatchObject({
        uid: 0,
        gid: 0,
        euid: 0,
        egid: 0,
        [name]: 1000,
      });
    },
  );

  test('capabilities given up show with the next event', () => {
    const world = new World();
    world.exec(INIT, { capEffective: 0x1ff_ffff_ffffn, capPermitted: 0x1ff_ffff_ffffn });
    expect(world.table.byPid(INIT)?.caps.effective).toBe(0x1ff_ffff_ffffn);
    const dropped = sysRecord({
      pid: INIT,
      startNs: START,
      capEffective: 0x400n,
      capPermitted: 0x1ff_ffff_ffffn,
    });
    expect(world.table.acting(viewOf(dropped)).caps).toMatchObject({
      effective: 0x400n,
      permitted: 0x1ff_ffff_ffffn,
    });
  });
});

test('what held the process before a change of credentials still shows the old ones', () => {
  const world = new World();
  const before = world.table.acting(viewOf(sysRecord({ pid: INIT, startNs: START, uid: 1000 })));
  const after = world.table.acting(viewOf(sysRecord({ pid: INIT, startNs: START, uid: 0 })));
  expect([before.uid, after.uid]).toEqual([1000, 0]);
  expect(world.table.byPid(INIT)).toBe(after);
});

describe('a pid given again', () => {
  test('is another process; what held the old one keeps it', () => {
    const world = new World();
    const old = world.fork(world.init, INIT + 1, { comm: 'old' });
    const orphan = world.fork(old, INIT + 2);
    world.exit(old);
    const next = world.fork(world.init, INIT + 1, { comm: 'next' });
    expect(world.table.byPid(INIT + 1)).toBe(next);
    expect([next.exited, old.exited]).toEqual([false, true]);
    expect(orphan.parent).toBe(old);
  });

  test('is noticed even when its start was lost', () => {
    const world = new World();
    const old = world.fork(world.init, INIT + 1);
    const event = sysRecord({ pid: INIT + 1, startNs: world.tick() });
    const next = world.table.acting(viewOf(event));
    expect(next).not.toBe(old);
    expect(next.executable.path).toBe('');
  });

  test('a leader is never younger than who it leads', () => {
    const world = new World();
    const entry = world.exec(INIT, { fixed: { sid: INIT + 9, pgid: INIT } });
    const younger = world.fork(world.init, INIT + 9);
    expect(world.table.byPid(INIT + 9)).toBe(younger);
    expect([entry.sessionLeader, entry.groupLeader]).toEqual([undefined, entry]);
  });
});

describe('start times of /proc', () => {
  test.each([
    [1_234_567_890, true],
    [1_239_999_999, true],
    [1_240_000_000, false],
    [1_229_999_999, false],
  ])('are rounded down to the tick: an event with %i is of the same process: %s', (startNs, same) => {
    const table = new ProcessTable(nobody);
    const entry = table.create();
    entry.pid = INIT;
    entry.startNs = 1_230_000_000;
    entry.comm = 'seeded';
    table.seed([entry]);
    const acting = table.acting(viewOf(sysRecord({ pid: INIT, startNs })));
    expect([acting.comm === 'seeded', acting.startNs]).toEqual([same, startNs]);
  });
});

describe('memory', () => {
  test('ended processes are kept for a while, not for ever', () => {
    const world = new World();
    const first = world.fork(world.init, INIT + 1);
    world.exit(first);
    for (let i = 2; i < 10_000; i += 1) world.exit(world.fork(world.init, INIT + i));
    expect(world.table.byPid(INIT + 1)).toBeUndefined();
    expect(world.table.byPid(INIT + 9_999)).toMatchObject({ exited: true });
    expect(world.table.size).toBe(2048 + 1);
    expect(world.table.living()).toEqual([world.init]);
  });

  test('processes met only after their end are as bounded', () => {
    const world = new World();
    for (let i = 1; i < 6000; i += 1) {
      world.table.acting(viewOf(sysRecord({ pid: INIT + i, startNs: world.tick() })));
    }
    expect(world.table.size).toBeLessThanOrEqual(2048 + 1);
  });

  test('an exec shows that a process taken for ended lives; its end is counted once', () => {
    const world = new World();
    const entry = world.exec(INIT + 1);
    expect(entry.exited).toBe(false);
    expect(world.exit(entry)).toBe(entry);
    expect(world.exit(entry)).toBe(entry);
    expect(world.table.living()).toEqual([world.init]);
  });

  test('a pid that lives again is not dropped with the one that had it before', () => {
    const world = new World();
    world.exit(world.fork(world.init, INIT + 1));
    const again = world.fork(world.init, INIT + 1);
    for (let i = 2; i < 5000; i += 1) world.exit(world.fork(world.init, INIT + i));
    expect(world.table.byPid(INIT + 1)).toBe(again);
  });

  test('an endless chain of processes that fork and end keeps a bounded ancestry', () => {
    const world = new World();
    let at = world.init;
    let longest = 0;
    for (let i = 1; i <= 20_000; i += 1) {
      const child = world.fork(at, INIT + i);
      if (at !== world.init) world.exit(at);
      at = child;
      if (i % 1000 === 0) longest = Math.max(longest, linksOf(at));
    }
    expect(longest).toBeGreaterThan(32);
    expect(longest).toBeLessThanOrEqual(128);
    expect(world.table.size).toBeLessThanOrEqual(2048 + 2);
  });

  test('branches of a deep tree are bounded too', () => {
    const world = new World();
    let at = world.init;
    let pid = INIT;
    const leaves: ProcessEntry[] = [];
    for (let depth = 0; depth < 1000; depth += 1) {
      leaves.push(world.fork(at, ++pid));
      at = world.fork(at, ++pid);
    }
    expect(Math.max(...leaves.map(linksOf))).toBeLessThanOrEqual(128);
  });
});

/** How many entries a reference to this one keeps alive. */
function linksOf(entry: ProcessEntry): number {
  let count = 0;
  for (let at = entry.forkedBy; at !== undefined; at = at.forkedBy) count += 1;
  return count;
}

test('processes whose end was lost end when they are found missing, once', () => {
  const world = new World();
  const [gone, there] = [world.fork(world.init, INIT + 1), world.fork(world.init, INIT + 2)];
  const isThere = (pid: number): boolean => pid !== gone.pid;
  world.table.endMissing(isThere);
  world.table.endMissing(isThere);
  expect([gone.exited, there.exited, world.init.exited]).toEqual([true, false, false]);
  expect(world.table.living()).not.toContain(gone);
  expect(world.table.byPid(gone.pid)).toBe(gone);
  for (let i = 0; i < 4096; i += 1)
    world.table.exit(viewOf(exitRecord(world.fork(world.init, INIT + 10 + i))));
  expect(world.table.byPid(gone.pid)).toBeUndefined();
});

test("the end of a process nobody knew is nobody's", () => {
  const view: RingView = viewOf(exitRecord({ pid: INIT + 7 }));
  expect(new ProcessTable(nobody).exit(view)).toBeUndefined();
});
