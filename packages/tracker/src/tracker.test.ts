import { EventFlag } from '@runward/events';
import { cgroupRecord, execRecord, forkRecord, sysRecord, testContainer } from '@runward/events/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { FakeSurroundings } from './testing/fake-surroundings.js';
import { Tracker } from './tracker.js';

const blind = { resolve: () => undefined, hostPath: () => undefined };
const START = 1_234_567_890;
const CGROUP = 77;
const TIMEOUT_MS = 1000;
const SHELL = { pid: 500, startNs: START, cgroup: CGROUP, fixed: { mnt_ns: 9 } };
const ACCOUNTS = { users: [{ uid: 0, name: 'boss', home: '/', shell: '' }], groups: [] };

let machine: FakeSurroundings;
let tracker: Tracker;
let seen: string[];
/** The name of the parent, for each event seen. */
let parents: string[];

const give = (...records: Uint8Array<ArrayBuffer>[]): void => {
  for (const bytes of records) tracker.handle({ bytes, data: new DataView(bytes.buffer) }, 0, bytes.length);
};

beforeEach(() => {
  machine = new FakeSurroundings();
  machine.paths.set(CGROUP, '/box');
  machine.ids.set('/box', 'box');
  seen = [];
  parents = [];
  tracker = new Tracker(machine, blind, {
    hostname: 'node',
    identityTimeoutMs: TIMEOUT_MS,
    onEvent: (view) => {
      const user = view.accounts.userName(0) ?? '?';
      parents.push(view.process.parent?.comm ?? '');
      seen.push(`${view.number} ${view.typeName} ${view.process.comm} ${view.container?.name} ${user}`);
    },
  });
  tracker.tick(10);
});

describe('an event of a container just met', () => {
  test('waits for its name, then goes out with it, in order, as its process was', () => {
    give(execRecord({ ...SHELL, comm: 'sh' }), sysRecord(SHELL), execRecord({ ...SHELL, comm: 'id' }));
    expect(seen).toEqual([]);
    expect(machine.requests).toMatchObject([
      { cgroup: CGROUP, cgroupPath: '/box', pid: 500, ownRoot: false },
    ]);
    tracker.identified(CGROUP, { kind: 'container', info: testContainer({ name: 'web' }) });
    expect(seen).toEqual(['1 execve sh web ?', '2 kill sh web ?', '3 execve id web ?']);
    expect(machine.marked).toEqual(new Set([CGROUP]));
  });

  test('tells the parent as it was then, not what it became while the event waited', () => {
    const childStartNs = START + 5;
    const child = { ...SHELL, pid: 501, startNs: childStartNs };
    const at = (ns: number) => ({ timeNs: BigInt(START + ns) });
    give(
      execRecord({ ...SHELL, ...at(1), comm: 'sh' }),
      forkRecord({ ...SHELL, ...at(5), comm: 'sh', childPid: 501, childStartNs }),
      sysRecord({ ...child, ...at(6) }),
      execRecord({ ...SHELL, ...at(7), comm: 'sleep' }),
      sysRecord({ ...child, ...at(8) }),
    );
    tracker.identified(CGROUP, { kind: 'container', info: testContainer({ name: 'web' }) });
    expect(parents).toEqual(['', 'sh', 'sh', '', 'sleep']);
  });

  test('waits for the accounts as well, once they are asked for', () => {
    machine.roots.add(500);
    give(execRecord({ ...SHELL, comm: 'sh' }));
    tracker.identified(CGROUP, { kind: 'container', info: testContainer({ name: 'web' }) });
    expect(seen).toEqual([]);
    tracker.accounted(CGROUP, ACCOUNTS);
    expect(seen).toEqual(['1 execve sh web boss']);
  });

  test('goes out without a name when none comes in time, and says so', () => {
    give(execRecord({ ...SHELL, comm: 'sh' }));
    tracker.tick(10 + TIMEOUT_MS);
    expect(seen).toEqual([]);
    tracker.tick(11 + TIMEOUT_MS);
    expect(seen).toEqual(['1 execve sh box ?']);
    expect(tracker.stats.identityTimeouts).toBe(1);
    expect(tracker.containers.get(CGROUP)?.info?.metadataProblem).toContain('within 1000 ms');
  });

  test('goes out at the end, whatever is known', () => {
    give(execRecord({ ...SHELL, comm: 'sh' }));
    tracker.releaseAll();
    expect(seen).toEqual(['1 execve sh box ?']);
  });
});

describe('a group that is not named by its path', () => {
  beforeEach(() => machine.ids.clear());

  test('is the host’s while its processes have the host’s root', () => {
    give(sysRecord({ ...SHELL, flags: EventFlag.host }));
    expect(seen).toEqual(['1 kill  undefined ?']);
    expect(machine.requests).toEqual([]);
  });

  test('is asked about once one has a root of its own', () => {
    give(sysRecord({ ...SHELL, flags: EventFlag.host }), sysRecord(SHELL));
    expect(machine.requests).toMatchObject([{ ownRoot: true }]);
    tracker.identified(CGROUP, { kind: 'container', info: testContainer({ name: 'web' }) });
    expect(seen.at(-1)).toBe('2 kill  web ?');
  });

  test('found to be none is not asked about again for two seconds', () => {
    give(sysRecord(SHELL));
    tracker.identified(CGROUP, { kind: 'host' });
    expect(seen).toEqual(['1 kill  undefined ?']);
    tracker.tick(2009);
    give(sysRecord(SHELL));
    expect([seen.length, machine.requests.length, machine.marked.size]).toEqual([2, 1, 0]);
    tracker.tick(2010);
    give(sysRecord(SHELL));
    expect(machine.requests).toHaveLength(2);
  });

  test('and whose path nobody could tell is looked for among all groups', () => {
    tracker.tick(1010);
    machine.cgroupPathOf = () => undefined;
    give(sysRecord(SHELL));
    expect(machine.asked).toContain('groups');
    expect(machine.requests).toMatchObject([{ cgroupPath: '/box' }]);
  });
});

test('a group named by its path is marked when it is made, and unmarked when it is removed unused', () => {
  const facts = { id: 5, path: '/box' };
  give(cgroupRecord({ ...facts, type: 'cgroupcreate' }));
  expect(machine.marked).toEqual(new Set([5]));
  give(cgroupRecord({ ...facts, type: 'cgroupremove' }));
  expect(machine.marked).toEqual(new Set());
  expect(seen).toEqual([]);
});

test('a removed container stays marked for ten seconds, then it is forgotten', () => {
  give(sysRecord(SHELL), cgroupRecord({ id: CGROUP, path: '/box', type: 'cgroupremove' }));
  tracker.identified(CGROUP, { kind: 'container', info: testContainer() });
  tracker.tick(10_010);
  expect(machine.marked).toEqual(new Set([CGROUP]));
  tracker.tick(11_020);
  expect([machine.marked.size, tracker.stats.containers]).toEqual([0, 0]);
});

test('a process nobody announced is looked up once', () => {
  machine.processes.set(500, { comm: 'old', startNs: 1_230_000_000, uid: 3 });
  give(sysRecord(SHELL), forkRecord({ ...SHELL, comm: 'old', childPid: 501 }), sysRecord(SHELL));
  expect(machine.asked.filter((q) => q.startsWith('process'))).toEqual(['process 500']);
  tracker.releaseAll();
  expect(seen.map((line) => line.split(' ')[2])).toEqual(['old', 'old', 'old']);
});

test('bytes that are no record are counted and change nothing', () => {
  give(new Uint8Array(10), new Uint8Array(500));
  expect(tracker.stats).toMatchObject({ events: 0, malformed: 2, processes: 0 });
});
