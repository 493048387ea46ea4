import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventFlag, type EventView, LIVE_FIELDS } from '@runward/events';
import {
  cgroupRecord,
  execRecord,
  exitRecord,
  forkRecord,
  pathRecord,
  sysRecord,
  testContainer,
} from '@runward/events/testing';
import { type RecordingHeader, RecordingWriter } from '@runward/evidence';
import { Session, TEST_HEADER } from '@runward/evidence/testing';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { ReplayStats } from '../event-source.js';
import { openEventSource } from '../open-source.js';
import { RecordingSource } from './recording-source.js';

const folder = mkdtempSync(join(tmpdir(), 'runward-recording-'));
afterAll(() => rmSync(folder, { recursive: true }));

const CGROUP = 77;
const START = 1_234_567_890;
const SHELL = { pid: 500, startNs: START, cgroup: CGROUP, fixed: { mnt_ns: 9 } };
const ACCOUNTS = { users: [{ uid: 0, name: 'boss', home: '/', shell: '' }], groups: [] };

/** Everything a rule could see of who and what. */
function describeView(view: EventView): string {
  const parents: string[] = [];
  for (let at = view.process.parent; at !== undefined; at = at.parent) parents.push(`${at.comm}:${at.pid}`);
  const { process, container, accounts } = view;
  return JSON.stringify([
    [
      view.number,
      view.typeName,
      String(view.timeNs),
      view.pid,
      view.hostname,
      view.path(0),
      view.hostPath(0),
    ],
    [
      process.comm,
      process.args,
      process.uid,
      process.cwd,
      process.executable.path,
      String(process.startedAtNs),
    ],
    [container?.name, container?.metadataProblem, [...(container?.labels ?? [])], accounts.userName(0)],
    parents,
  ]);
}

interface Played {
  readonly seen: readonly string[];
  readonly stats: ReplayStats;
}

async function write(
  session: Session,
  name: string,
  header: RecordingHeader = TEST_HEADER,
): Promise<string[]> {
  const paths: string[] = [];
  const writer = new RecordingWriter({
    place: {
      pathOf: (segment) => {
        const path = join(folder, `${name}-${segment}`);
        paths.push(path);
        return { path, force: true };
      },
    },
    onProblem: (problem) => {
      throw problem;
    },
  });
  writer.setHeader(header);
  for (const block of session.blocks) await writer.write(block);
  await writer.close();
  return paths;
}

async function play(path: string): Promise<Played> {
  const seen: string[] = [];
  const source = await RecordingSource.open(path);
  const stats = await source.replay((view) => seen.push(describeView(view)));
  return { seen, stats };
}

/** Containers met, named, timed out, looked up; processes found, forked, ended. */
function misbehave(session: Session): void {
  const { machine, tracker, recorder } = session;
  machine.paths.set(CGROUP, '/box').set(88, '/other').set(99, '/user.slice');
  machine.ids.set('/box', 'box').set('/other', 'other');
  machine.processes.set(600, { comm: 'old', startNs: 1_230_000_000, uid: 3, cwd: '/srv' });
  machine.roots.add(500);
  tracker.setHostAccounts(ACCOUNTS);
  session.tick(10);
  session.begin();
  session.give(
    execRecord({ ...SHELL, comm: 'sh', path: '/bin/sh', args: ['sh', '-c', 'x'] }),
    sysRecord(SHELL),
  );
  session.tick(20);
  const info = testContainer({ name: 'web', labels: new Map([['a', 'b']]) });
  tracker.identified(CGROUP, { kind: 'container', info });
  recorder.identified(CGROUP, { kind: 'container', info });
  session.give(forkRecord({ ...SHELL, comm: 'sh', childPid: 501, childStartNs: START + 5 }));
  tracker.accounted(CGROUP, ACCOUNTS);
  recorder.accounted(CGROUP, ACCOUNTS);
  session.give(
    pathRecord({ ...SHELL, type: 'unlink', raws: ['/a/../b'], flags: EventFlag.callerMemory }),
    sysRecord({ pid: 600, startNs: 1_230_000_000, cgroup: 88, uid: 3 }),
    sysRecord({ pid: 700, startNs: 7, cgroup: 99, flags: EventFlag.host }),
    cgroupRecord({ id: 5, path: '/new', type: 'cgroupcreate' }),
  );
  session.tick(900);
  session.tick(2000);
  session.give(
    exitRecord({ ...SHELL, type: 'procexit' }),
    sysRecord({ pid: 600, startNs: 1_230_000_000, cgroup: 88 }),
  );
}

function closed(session: Session): void {
  session.tracker.releaseAll();
  session.recorder.releasedAll();
  session.recorder.finish();
}

describe('a recording', () => {
  test('replays what was seen live, every time', async () => {
    const live: string[] = [];
    const session = new Session((view) => live.push(describeView(view)), { resolved: '/real/b' });
    misbehave(session);
    closed(session);
    expect(live).toHaveLength(8);
    const [path = ''] = await write(session, 'plain');
    const first = await play(path);
    expect(first.seen).toEqual(live);
    expect(first.stats).toMatchObject({ events: 8, malformed: 0, skipped: [], gaps: [], complete: true });
    expect((await play(path)).seen).toEqual(first.seen);
  });

  test('in segments replays the same, each by itself, what waits included', async () => {
    const live: string[] = [];
    const session = new Session((view) => live.push(describeView(view)));
    misbehave(session);
    session.give(
      sysRecord({ ...SHELL, pid: 800, startNs: 8, cgroup: 88 }),
      execRecord({ pid: 801, startNs: 9, cgroup: 111 }),
    );
    session.machine.ids.set('/late', 'late');
    session.machine.paths.set(222, '/late');
    session.give(execRecord({ pid: 802, startNs: 10, cgroup: 222, comm: 'slow' }));
    session.recorder.beginSegment();
    session.give(sysRecord({ pid: 802, startNs: 10, cgroup: 222 }));
    session.tick(9000);
    session.give(sysRecord({ ...SHELL, pid: 501, startNs: START + 5 }));
    closed(session);
    const paths = await write(session, 'segments');
    expect(paths).toHaveLength(2);
    const parts = await Promise.all(paths.map(play));
    expect(parts.flatMap((part) => part.seen)).toEqual(live);
    expect(parts[0]?.stats.gaps).toMatchObject([
      { lost: 1, reason: expect.stringContaining('next segment') },
    ]);
    expect(parts[1]?.seen.some((line) => line.includes('"slow"'))).toBe(true);
    const together = mkdtempSync(join(folder, 'folder-'));
    for (const [i, path] of paths.entries()) copyFileSync(path, join(together, `${9 - i}.rwrec`));
    const seen: string[] = [];
    const source = await openEventSource(together);
    const stats = await source.replay((view) => seen.push(describeView(view)));
    expect(seen).toEqual(live);
    expect(stats).toMatchObject({ events: live.length, gaps: [], complete: true });
  });

  test('that was not written in time says what is missing, and goes on rightly behind it', async () => {
    const live: string[] = [];
    const session = new Session((view) => live.push(describeView(view)), { blockBytes: 4096, maxBlocks: 1 });
    session.machine.ids.set('/box', 'box');
    session.machine.paths.set(CGROUP, '/box');
    session.tick(10);
    session.begin();
    const info = testContainer({ name: 'web' });
    session.give(execRecord({ ...SHELL, comm: 'sh' }));
    session.tracker.identified(CGROUP, { kind: 'container', info });
    session.recorder.identified(CGROUP, { kind: 'container', info });
    for (let i = 0; i < 100; i += 1) session.give(sysRecord({ ...SHELL, timeNs: BigInt(i) }));
    session.give(forkRecord({ ...SHELL, comm: 'sh', childPid: 501 }));
    const { lost } = session.recorder.stats;
    expect(lost).toBeGreaterThan(10);
    for (const block of session.blocks) session.recorder.returned(block.buffer.slice(0));
    session.tick(20);
    session.give(sysRecord({ ...SHELL, pid: 501, startNs: 0 }));
    closed(session);
    const [path = ''] = await write(session, 'gap');
    const { seen, stats } = await play(path);
    expect(stats.gaps).toMatchObject([{ lost, reason: expect.stringContaining('not be written in time') }]);
    expect(seen.at(-1)).toBe(live.at(-1));
    expect(seen.length).toBe(live.length - lost);
  });

  test('with a filter keeps the rest as it was, numbers included', async () => {
    const live: string[] = [];
    const filter = (view: EventView): boolean => view.cpu === 3;
    const session = new Session((view) => filter(view) && live.push(describeView(view)), {
      filter,
      judge: true,
    });
    session.tick(10);
    session.begin();
    const host = { ...SHELL, flags: EventFlag.host };
    session.give(
      execRecord({ ...host, comm: 'sh' }),
      sysRecord(host),
      sysRecord({ ...host, cpu: 3 }),
      sysRecord(host),
    );
    session.give(sysRecord({ ...host, cpu: 3 }));
    closed(session);
    const [path = ''] = await write(session, 'filter');
    const { seen } = await play(path);
    expect(session.recorder.stats.omitted).toBe(2);
    expect(seen.slice(-2)).toEqual(live);
    expect(seen).toHaveLength(3);
  });

  test('says what it does not carry', async () => {
    const session = new Session(() => undefined);
    misbehave(session);
    closed(session);
    const carries = {
      ...TEST_HEADER.carries,
      filter: 'evt.type = open',
      dataBytes: 0,
      opens: 'rules',
    } as const;
    const [path = ''] = await write(session, 'narrow', { ...TEST_HEADER, carries });
    const { coverage } = await RecordingSource.open(path);
    expect([...coverage.eventTypes]).toEqual(['openat', 'execve']);
    expect(coverage.missingFields).toEqual(new Set(['proc.env', 'proc.aenv', 'evt.buffer', ...LIVE_FIELDS]));
    expect(coverage.limits?.join()).toContain('evt.type = open');
    expect(coverage.fromNs).toBeGreaterThan(0n);
  });

  test('with event types under other numbers is read by their names', async () => {
    const live: string[] = [];
    const session = new Session((view) => live.push(describeView(view)));
    misbehave(session);
    closed(session);
    // `kill` had number 9999 then, and what is `kill` now was something this program does not know.
    const kill = TEST_HEADER.eventTypes.find(([, name]) => name === 'kill')?.[0];
    const eventTypes = TEST_HEADER.eventTypes.map(([id, name]) => [id, id === kill ? 'gone' : name] as const);
    const [path = ''] = await write(session, 'renamed', { ...TEST_HEADER, eventTypes });
    const { seen } = await play(path);
    expect(seen).toEqual(live.map((line) => line.replace('"kill"', '""')));
  });
});

describe('a damaged recording', () => {
  const made = (async () => {
    const session = new Session(() => undefined, { blockBytes: 4096, maxBlocks: 1000 });
    misbehave(session);
    for (let i = 0; i < 200; i += 1) {
      session.give(sysRecord({ ...SHELL, pid: 501, startNs: START + 5, timeNs: BigInt(i) }));
      session.tick(2000 + 60 * i);
    }
    closed(session);
    const [path = ''] = await write(session, 'sound');
    return { path, bytes: readFileSync(path) };
  })();
  const playBytes = (bytes: Uint8Array, name = 'damaged'): Promise<Played> => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return play(path);
  };

  test('cut off anywhere gives what is whole, and says that there was more', async () => {
    const { bytes, path } = await made;
    const whole = await play(path);
    for (const part of [0.4, 0.6, 0.8, 0.99]) {
      const { seen, stats } = await playBytes(bytes.subarray(0, bytes.length * part));
      expect(seen.slice(0, 20)).toEqual(whole.seen.slice(0, seen.length).slice(0, 20));
      expect(stats.complete).toBe(false);
      expect(stats.skipped.map((s) => s.reason)).toEqual(['the last block is cut off']);
    }
  });

  test('in one block loses that block alone, and the events behind it keep their numbers', async () => {
    const { bytes, path } = await made;
    const whole = await play(path);
    const hurt = Uint8Array.from(bytes);
    const middle = Math.floor(bytes.length * 0.7);
    hurt.fill(0xaa, middle, middle + 8);
    const { seen, stats } = await playBytes(hurt);
    expect(stats.skipped).toMatchObject([{ count: 1 }]);
    expect(stats.gaps).toHaveLength(1);
    expect(seen.length).toBeLessThan(whole.seen.length);
    expect(seen.length).toBeGreaterThan(whole.seen.length / 2);
    expect(seen.at(-1)).toBe(whole.seen.at(-1));
    expect(stats.complete).toBe(true);
  });

  test('of any kind never throws, hangs or invents', async () => {
    const { bytes } = await made;
    const headerEnd = bytes.indexOf('RWBK');
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(fc.integer({ min: headerEnd, max: bytes.length - 1 }), fc.integer({ min: 0, max: 255 })),
          {
            minLength: 1,
            maxLength: 20,
          },
        ),
        async (changes) => {
          const hurt = Uint8Array.from(bytes);
          for (const [at, value] of changes) hurt[at] = value;
          const { stats } = await playBytes(hurt);
          expect(stats.events).toBeLessThanOrEqual(300);
        },
      ),
      { numRuns: 100 },
    );
  });
});
