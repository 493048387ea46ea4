import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Detection, EventRecord } from '@runward/detect';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { summarizeBacktest } from '../backtest/summary.js';
import { openEventSource } from '../open-source.js';
import { eventBlock, machineBlock, processBlock, section, word32 } from '../testing/scap-file.js';
import { replayFile } from './file-replay.js';
import type { FileResult, ReplayMode } from './messages.js';

const ID = '3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e';
const T = 1_800_000_000_000_000_000n;
const SECOND = 1_000_000_000n;
const opened = (tid: number, path: string, second: number): Buffer =>
  eventBlock({
    type: 307,
    tid,
    timeNs: T + BigInt(second) * SECOND,
    params: [4, -100, path, word32(1), word32(0), word32(0), 9],
  });

const capture = Buffer.concat([
  section(),
  machineBlock('node-1'),
  processBlock([
    { tid: 1, comm: 'systemd', ptid: 0 },
    { tid: 50, comm: 'cat', cgroups: [`cpu=/docker/${ID}`] },
    { tid: 60, comm: 'vi' },
  ]),
  opened(50, '/etc/shadow', 0),
  opened(60, '/etc/shadow', 1),
  opened(50, '/etc/passwd', 2),
  opened(50, '/tmp/x', 3600),
]);

const rule = (name: string, condition: string): string =>
  `- rule: ${name}\n  desc: d\n  condition: ${condition}\n  output: "%proc.name opened %fd.name"\n  priority: WARNING\n`;
const SHADOW = rule('Shadow', 'evt.type in (open, openat) and fd.name=/etc/shadow');
const ETC = rule('Etc', 'evt.type=openat and fd.name startswith /etc/');
const file = (text: string) => [{ name: 'rules.yaml', text }];

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'runward-replay-'));
  writeFileSync(join(folder, 'plain'), capture);
  writeFileSync(join(folder, 'gzip'), gzipSync(capture));
  writeFileSync(join(folder, 'zstd'), zstdCompressSync(capture));
  writeFileSync(join(folder, 'cut'), gzipSync(capture).subarray(0, -20));
  writeFileSync(join(folder, 'text'), 'no capture at all');
  writeFileSync(join(folder, 'empty'), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

async function run(
  mode: ReplayMode,
  { name = 'plain', host = true, signal = new AbortController().signal } = {},
): Promise<{ detections: Detection[]; events: EventRecord[]; result: FileResult }> {
  const path = join(folder, name);
  const detections: Detection[] = [];
  const events: EventRecord[] = [];
  const result = await replayFile(
    await openEventSource(path),
    { path, mode, host },
    {
      onDetection: (d) => detections.push(d),
      onEvent: (e) => events.push(e),
      onProgress: () => undefined,
    },
    signal,
  );
  return { detections, events, result };
}
const rules = (text: string, allMatches = false): ReplayMode => ({
  kind: 'rules',
  files: file(text),
  allMatches,
  noise: { groupMs: 0, perMinute: 0 },
});

describe('rules over a capture', () => {
  test.each(['plain', 'gzip', 'zstd'])('find the same in every packing: %s', async (name) => {
    const { detections, result } = await run(rules(SHADOW), { name });
    expect(detections.map((d) => [d.time, d.output, d.container?.id ?? 'host'])).toEqual([
      ['2027-01-15T08:00:00.000000000Z', 'cat opened /etc/shadow', ID],
      ['2027-01-15T08:00:01.000000000Z', 'vi opened /etc/shadow', 'host'],
    ]);
    expect(result).toMatchObject({ events: 4, detections: 2, malformed: 0, complete: true });
    expect(result.cpuSeconds).toBeGreaterThan(0);
  });

  test('have what was done, as live', async () => {
    const [found] = (await run(rules(SHADOW))).detections;
    expect(found?.actions).toContainEqual(expect.objectContaining({ section: 'file', path: '/etc/shadow' }));
  });

  test('the host can be left out', async () => {
    const { detections } = await run(rules(SHADOW), { host: false });
    expect(detections.map((d) => d.process.name)).toEqual(['cat']);
  });

  test('the first rule only, or all', async () => {
    const names = async (all: boolean) => (await run(rules(SHADOW + ETC, all))).detections.map((d) => d.rule);
    expect(await names(false)).toEqual(['Shadow', 'Shadow', 'Etc']);
    expect(await names(true)).toEqual(['Shadow', 'Etc', 'Shadow', 'Etc', 'Etc']);
  });

  test('a compressed file that was cut gives what it has and says so', async () => {
    const { result } = await run(rules(SHADOW), { name: 'cut' });
    expect(result.complete).toBe(false);
    expect(result.skipped.some((part) => part.reason.startsWith('the compressed stream is broken'))).toBe(
      true,
    );
  });

  test('an end that was asked for is an end, not an error', async () => {
    const { result } = await run(rules(SHADOW), { signal: AbortSignal.abort() });
    expect(result).toMatchObject({ events: 0, complete: false });
  });

  test('identical detections are gathered by the times of the events', async () => {
    const { detections, result } = await run({
      kind: 'rules',
      files: file(rule('Any', 'evt.type=openat').replace('%proc.name opened %fd.name', 'opened')),
      allMatches: false,
      noise: { groupMs: 10_000, perMinute: 0 },
    });
    expect(result).toMatchObject({ detections: 4, noise: { grouped: 1, limited: 0 } });
    expect(detections.map((d) => [d.process.name, d.time.slice(11, 19), d.count ?? 1])).toEqual([
      ['cat', '08:00:00', 1],
      ['vi', '08:00:01', 1],
      ['cat', '08:00:02', 2],
      ['cat', '09:00:00', 1],
    ]);
  });

  test('rules with errors are refused', async () => {
    await expect(run(rules('- rule: x'))).rejects.toMatchObject({ code: 'REPLAY_RULES_REJECTED' });
    await expect(run({ kind: 'events', filter: 'no.such=1' })).rejects.toMatchObject({
      code: 'REPLAY_RULES_REJECTED',
    });
  });
});

test('a filter shows the events that pass it', async () => {
  const names = async (filter: string) =>
    (await run({ kind: 'events', filter })).events.map((e) => `${e.process.name} ${e.name}`);
  expect(await names('fd.name startswith /etc/ and proc.name=cat')).toEqual([
    'cat /etc/shadow',
    'cat /etc/passwd',
  ]);
  expect(await names('')).toHaveLength(4);
});

test.each(['text', 'empty'])('%s is no capture', async (name) => {
  await expect(openEventSource(join(folder, name))).rejects.toMatchObject({ code: 'REPLAY_FORMAT_UNKNOWN' });
});

test('a file that is not there cannot be opened', async () => {
  await expect(openEventSource(join(folder, 'missing'))).rejects.toMatchObject({
    code: 'REPLAY_OPEN_FAILED',
  });
});

describe('a backtest', () => {
  const backtest = async (now: string, before?: string) => {
    const against = before === undefined ? undefined : file(before);
    const { result } = await run({ kind: 'backtest', files: file(now), against });
    return summarizeBacktest([result, result], before !== undefined);
  };

  test('counts what would have fired, per rule and workload, over all files', async () => {
    const summary = await backtest(SHADOW);
    expect(summary).toMatchObject({
      events: 8,
      coveredSeconds: 7200,
      added: 4,
      gone: 0,
      both: 0,
      compared: false,
    });
    expect(summary.rules).toHaveLength(1);
    expect(summary.rules[0]).toMatchObject({ rule: 'Shadow', priority: 'Warning', perHour: 2 });
    expect(summary.rules[0]?.workloads.map((w) => [w.workload.container, w.added])).toEqual(
      [
        [
          ID,
          {
            count: 2,
            firstAt: '2027-01-15T08:00:00.000000000Z',
            lastAt: '2027-01-15T08:00:00.000000000Z',
            firstOutput: 'cat opened /etc/shadow',
            lastOutput: 'cat opened /etc/shadow',
            examples: ['cat opened /etc/shadow'],
          },
        ],
        ['', expect.objectContaining({ count: 2, firstOutput: 'vi opened /etc/shadow' })],
      ].toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    );
  });

  test('tells what is new, what is gone and what stays', async () => {
    const before =
      rule('Etc', 'evt.type=openat and fd.name=/etc/shadow') +
      rule('Tmp', 'evt.type=openat and fd.name=/tmp/x');
    const summary = await backtest(ETC, before);
    expect(summary).toMatchObject({ added: 2, gone: 2, both: 4, compared: true });
    expect(summary.rules.map((r) => [r.rule, r.added, r.gone, r.both, r.perHour])).toEqual([
      ['Etc', 2, 0, 4, 3],
      ['Tmp', 0, 2, 0, 0],
    ]);
  });

  test('lists rules whose silence means nothing', async () => {
    const summary = await backtest(
      rule('Keys', 'evt.type=keyctl') +
        rule('Both', 'evt.type in (keyctl, openat) and fd.name=/none') +
        rule('Host path', 'evt.type=openat and fd.hostpath=/x') +
        rule('Any', 'proc.name=none'),
    );
    expect(summary.rules).toEqual([]);
    expect(summary.unjudged.map((u) => [u.rule, u.extent, u.reason])).toEqual([
      ['Keys', 'none', 'the history has no keyctl events'],
      ['Both', 'part', 'the history has no keyctl events'],
      ['Host path', 'part', 'the history does not tell fd.hostpath'],
    ]);
  });

  test('of a history without events has no rate', () => {
    expect(summarizeBacktest([], false)).toMatchObject({
      events: 0,
      from: null,
      coveredSeconds: 0,
      rules: [],
    });
  });
});
