import { expect, test } from 'vitest';
import { CrashDisk } from '../testing/crash-disk.js';
import { crashTrial } from '../testing/crash-trial.js';
import { openSample } from '../testing/sample-log.js';
import { SignatureCheck } from './keys.js';
import { findEnd } from './recovery.js';
import { segmentName } from './segment.js';
import { verifyLog } from './verify/verify-log.js';

test.each([1, 2])(
  'no crash loses an acknowledged record or leaves a log that does not verify (seed %d)',
  async (seed) => {
    const { problems, acknowledged } = await crashTrial(seed, 50);
    expect(problems).toEqual([]);
    expect(acknowledged).toBeGreaterThan(50);
  },
);

test('a disk that only says that it synced is found out by the same trial', async () => {
  const { problems } = await crashTrial(3, 25, true);
  expect(problems.join('\n')).toMatch(/was acknowledged and is lost/);
});

/** A log whose last commit is on its way, and what was acknowledged before it. */
async function inTheMiddle() {
  const disk = new CrashDisk();
  const log = await openSample(disk);
  const receipts = [
    await log.append('agent.start', { producer: 'test', pid: 1 }),
    await log.append('agent.stop', { why: 'the last acknowledged' }),
  ];
  const before = disk.copy();
  await Promise.all(['of two', 'in one commit'].map((why) => log.append('agent.stop', { why })));
  const after = await disk.read(segmentName(1));
  await log.close();
  return { before, after, receipts };
}

test('cut at any byte of the last commit, a log keeps what was acknowledged, names what was torn and goes on', async () => {
  const { before, after, receipts } = await inTheMiddle();
  const acknowledged = await before.size(segmentName(1));
  for (let cut = acknowledged; cut <= after.length; cut += 1) {
    const disk = before.copy();
    disk.edit(segmentName(1), () => after.subarray(0, cut));
    const isWhole = cut === after.length;
    const end = await findEnd(disk, new SignatureCheck());
    expect(end?.seq).toBe(isWhole ? 5 : 3);
    expect(end?.torn.map(({ bytes }) => bytes)).toEqual(
      isWhole || cut === acknowledged ? [] : [cut - acknowledged],
    );
    if (cut % 16 !== 0 && !isWhole) continue; // a whole restart at each byte says nothing more
    const log = await openSample(disk);
    const next = await log.append('agent.start', { producer: 'test', pid: 2 });
    await log.close();
    expect(next).toMatchObject({ kept: true, seq: (end?.seq ?? 0) + 2 });
    const report = await verifyLog(disk);
    expect(report.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(report.findings.length).toBe(isWhole || cut === acknowledged ? 0 : 1);
  }
  expect(receipts).toMatchObject([
    { kept: true, seq: 2 },
    { kept: true, seq: 3 },
  ]);
});

test('what was torn stays where it is, and cannot be changed unseen later', async () => {
  const { before, after } = await inTheMiddle();
  before.edit(segmentName(1), () => after.subarray(0, after.length - 40));
  const log = await openSample(before);
  await log.close();
  expect((await verifyLog(before)).errors).toBe(0);
  before.edit(segmentName(1), (bytes) => {
    bytes[bytes.length - 2] = 0x21;
    return bytes;
  });
  const { findings } = await verifyLog(before);
  expect(findings).toMatchObject([{ severity: 'error', code: 'EVIDENCE_TORN_CHANGED', segment: 1 }]);
});
