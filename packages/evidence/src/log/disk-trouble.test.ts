import { expect, test } from 'vitest';
import { CrashDisk } from '../testing/crash-disk.js';
import { openSample, sampleLog } from '../testing/sample-log.js';
import { readSegment, segmentName, segmentNumbers } from './segment.js';
import { verifyLog } from './verify/verify-log.js';

async function recordsOf(disk: CrashDisk) {
  const segments = await Promise.all(
    (await segmentNumbers(disk)).map((segment) => readSegment(disk, segment)),
  );
  return segments.flatMap(({ lines }) => lines.map(({ record }) => record));
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
}

test('on a full disk the log stops and says so, loses nothing, and goes on when there is room', async () => {
  const disk = new CrashDisk();
  const said: string[] = [];
  const log = await openSample(disk, { say: (message) => said.push(message) });
  await log.append('agent.start', { producer: 'test', pid: 1 });
  disk.room = 100;
  const waiting = ['one', 'two'].map((why) => log.append('agent.stop', { why: why.repeat(50) }));
  await until(() => log.status.state.kind === 'stalled');
  expect(said).toEqual([expect.stringMatching(/cannot be written: ENOSPC; records wait in memory/)]);
  expect((await verifyLog(disk)).errors).toBe(0);
  disk.room = Number.POSITIVE_INFINITY;
  expect(await Promise.all(waiting)).toMatchObject([
    { kept: true, seq: 4 },
    { kept: true, seq: 5 },
  ]);
  await log.close();
  expect(said.at(-1)).toBe('the evidence log is written again');
  const kinds = (await recordsOf(disk)).map(({ kind }) => kind);
  expect(kinds.slice(0, 5)).toEqual([
    'segment.open',
    'agent.start',
    'log.resumed',
    'agent.stop',
    'agent.stop',
  ]);
  expect(await verifyLog(disk)).toMatchObject({ errors: 0, findings: [] });
});

test('what finds no room in memory either is counted, where it would have stood', async () => {
  const disk = new CrashDisk();
  const log = await openSample(disk, { limits: { queue: { records: 3, bytes: 10_000 } } });
  await log.append('agent.start', { producer: 'test', pid: 1 });
  disk.room = 0;
  const receipts = ['a', 'b', 'c', 'd', 'e'].map((why) => log.append('agent.stop', { why }));
  receipts.push(log.append('agent.start', { producer: 'late', pid: 2 }));
  expect(await Promise.all(receipts.slice(3))).toEqual(
    Array.from({ length: 3 }, () => ({ kept: false, why: expect.stringMatching(/no room in memory/) })),
  );
  await until(() => log.status.state.kind === 'stalled');
  disk.room = Number.POSITIVE_INFINITY;
  await Promise.all(receipts.slice(0, 3));
  await log.append('agent.stop', { why: 'after' });
  await log.close();
  const found = (await recordsOf(disk)).slice(2, 8);
  expect(found.map(({ kind, body }) => [kind, body.why ?? body.lost])).toEqual([
    ['log.resumed', 'ENOSPC'],
    ...['a', 'b', 'c'].map((why) => ['agent.stop', why]),
    ['gap', expect.any(String)],
    ['agent.stop', 'after'],
  ]);
  expect(found[4]?.body).toMatchObject({ where: 'log', lost: { 'agent.stop': 2, 'agent.start': 1 } });
  expect(await verifyLog(disk)).toMatchObject({ errors: 0, lost: 3 });
});

test('after a sync that failed nothing more goes into that file, and the record is written elsewhere', async () => {
  const disk = new CrashDisk();
  const log = await openSample(disk);
  await log.append('agent.start', { producer: 'test', pid: 1 });
  disk.failsSync = true;
  const receipt = await log.append('agent.stop', { why: 'x' });
  expect(receipt).toMatchObject({ kept: true, seq: 5 });
  await log.close();
  expect(await segmentNumbers(disk)).toEqual([1, 2]);
  expect(await verifyLog(disk)).toMatchObject({ errors: 0 });
});

test('a log that cannot be written at its end is closed all the same, and says what was not kept', async () => {
  const disk = new CrashDisk();
  const log = await openSample(disk);
  await log.append('agent.start', { producer: 'test', pid: 1 });
  disk.room = 0;
  const receipt = log.append('agent.stop', { why: 'x' });
  await log.close();
  expect(await receipt).toEqual({ kept: false, why: 'ENOSPC' });
  expect((await verifyLog(disk)).errors).toBe(0);
});

test('a key that is gone breaks the line of keys for ever, and the log goes on', async () => {
  const disk = await sampleLog();
  for (const name of await disk.list('private')) disk.edit(`private/${name}`, () => undefined);
  const said: string[] = [];
  const log = await openSample(disk, { say: (message) => said.push(message) });
  expect(await log.append('agent.start', { producer: 'test', pid: 2 })).toMatchObject({ kept: true });
  await log.close();
  expect(said).toEqual([expect.stringMatching(/under a new key that nothing vouches for/)]);
  const report = await verifyLog(disk);
  expect(report.findings).toMatchObject([{ code: 'EVIDENCE_KEY_LOST', segment: 4 }]);
  const publicKey = report.keys.at(-1);
  // Whoever accepts the break looks at what came after it, with the new key; the old one says nothing of that.
  expect(await verifyLog(disk, { since: { seq: 28 }, publicKey })).toMatchObject({ errors: 0 });
  expect(await verifyLog(disk, { since: { seq: 28 }, publicKey: report.keys[0] })).toMatchObject({
    errors: 1,
  });
});

test('the oldest segments make room, are named with their roots, and an early key still leads to what is left', async () => {
  const disk = new CrashDisk();
  const limits = { segmentBytes: 4000, keptBytes: 20_000 };
  const log = await openSample(disk, { limits });
  const firstKey = log.status.publicKey;
  await log.append('agent.start', { producer: 'test', pid: 1 });
  const key = firstKey || log.status.publicKey;
  for (let i = 0; i < 200; i += 1) await log.append('agent.stop', { why: 'y'.repeat(150) });
  await log.close();
  const report = await verifyLog(disk, { publicKey: key });
  expect(report).toMatchObject({ errors: 0, findings: [] });
  expect(report.pruned?.through).toBe(report.first - 1);
  expect(report.bytes).toBeLessThan(limits.keptBytes);
  const pruned = (await recordsOf(disk)).filter(({ kind }) => kind === 'log.pruned');
  expect(pruned.at(-1)?.body).toMatchObject({
    why: 'size',
    segments: [{ root: expect.stringMatching(/^[0-9a-f]{64}$/), last: report.first - 1 }],
  });
  const [oldest = 0] = await segmentNumbers(disk);
  disk.edit(segmentName(oldest), () => undefined);
  const codes = (await verifyLog(disk)).findings.map(({ code }) => code);
  expect(codes).toContain('EVIDENCE_BEGINNING_MISSING');
});

test('segments that are too old go, however small', async () => {
  const disk = await sampleLog();
  const day = 24 * 3_600_000;
  const later = (): number => Date.now() + 3 * day;
  const log = await openSample(disk, { limits: { keptMs: 2 * day }, nowMs: later });
  await log.append('agent.start', { producer: 'test', pid: 1 });
  await log.close();
  expect(await segmentNumbers(disk)).toEqual([4]);
  const report = await verifyLog(disk);
  expect(report).toMatchObject({ errors: 0, first: 28, pruned: { segments: 3, records: 27, through: 27 } });
});
