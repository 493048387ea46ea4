import { expect, test } from 'vitest';
import { CrashDisk } from '../testing/crash-disk.js';
import { openSample, sampleLog } from '../testing/sample-log.js';
import { SignatureCheck } from './keys.js';
import { findEnd } from './recovery.js';
import { segmentName } from './segment.js';
import { readEnds } from './segment-ends.js';

const check = new SignatureCheck();
const WHOLE = Number.POSITIVE_INFINITY;

test('of a closed segment the edges say what the whole of it says', async () => {
  const disk = await sampleLog();
  for (const segment of [1, 2, 3]) {
    const whole = await readEnds(disk, segment, check, WHOLE);
    const { acknowledged, torn } = await readEnds(disk, segment, check, 1400);
    const { first, last, rotation, ...rest } = whole.acknowledged ?? {};
    expect(torn).toBeUndefined();
    expect(acknowledged).toMatchObject({ ...rest, first: { hash: first?.hash }, last: { hash: last?.hash } });
    expect(acknowledged?.rotation?.json).toBe(rotation?.json);
  }
  expect(await findEnd(disk, check, 1400)).toEqual(await findEnd(disk, check, WHOLE));
});

test.each<[string, (bytes: Buffer) => Buffer]>([
  ['is open', (bytes) => bytes.subarray(0, bytes.length - 700)],
  ['has something behind its end', (bytes) => Buffer.concat([bytes, Buffer.from('more\n')])],
  ['is damaged at its end', (bytes) => Buffer.concat([bytes.subarray(0, -9), Buffer.from('damaged!\n')])],
  ['is damaged at its beginning', (bytes) => bytes.fill('x', 100, 110)],
])('a segment that %s is read whole', async (_, change) => {
  const disk = (await sampleLog()).copy();
  disk.edit(segmentName(3), change);
  expect(await findEnd(disk, check, 1400)).toEqual(await findEnd(disk, check, WHOLE));
});

test('what was pruned is known from the edges too', async () => {
  const disk = new CrashDisk();
  const limits = { segmentBytes: 20_000, keptBytes: 60_000 };
  const log = await openSample(disk, { limits });
  for (let i = 0; i < 300; i += 1) await log.append('agent.stop', { why: 'y'.repeat(200) });
  await log.close();
  const whole = await findEnd(disk, check, WHOLE);
  expect(whole?.pruned?.segments).toBeGreaterThan(0);
  expect(await findEnd(disk, check, 2500)).toEqual(whole);
});
