/** The logs of a real start: Debian's Linux 6.12 on QEMU with an emulated TPM, firmware SeaBIOS, `ima_policy=tcb`. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkBootLog, checkImaList, NO_ENTRIES } from './appraise/logs.js';
import { measuredEvents } from './boot-log/describe.js';
import { parseBootLog } from './boot-log/parse.js';
import { replayBootLog } from './boot-log/replay.js';
import { imaOffsets, parseImaBinary, parseImaText } from './ima/parse.js';
import { imaPrefix } from './ima/replay.js';
import { isSound } from './ima/template.js';
import { initialPcr } from './structures/pcr-values.js';

const cases = join(import.meta.dirname, '../../../test/cases/tpm');
const read = (name: string): Buffer => readFileSync(join(cases, name));
const bootLog = read('boot-6.12.bin');
const list = read('ima-6.12.bin');
const values: ReadonlyMap<number, Buffer> = new Map(
  read('pcrs-6.12')
    .toString()
    .trim()
    .split('\n')
    .map((line, at) => [at, Buffer.from(line, 'hex')] as const),
);
// The registers were read after the list, by programs that were measured meanwhile.
const fromText = parseImaText(read('ima-6.12.ascii').toString());
const ima = values.get(10) ?? Buffer.alloc(0);

test('the boot log comes to the registers of the TPM', () => {
  const replayed = replayBootLog(parseBootLog(bootLog));
  expect([...replayed.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  for (const [register, value] of replayed)
    expect(value, `register ${register}`).toEqual(values.get(register));
  expect(measuredEvents(parseBootLog(bootLog))[0]).toMatchObject({ register: 1, type: 'EV_EVENT_TAG' });
});

test.each([
  [
    'a digest of it was changed',
    () => {
      const digest = measuredEvents(parseBootLog(bootLog))[0]?.digest ?? '';
      const at = bootLog.indexOf(Buffer.from(digest, 'hex'));
      return Buffer.concat([bootLog.subarray(0, at), Buffer.alloc(1), bootLog.subarray(at + 1)]);
    },
  ],
  ['its last event is missing', () => withoutLast()],
])('a boot log does not come to them when %s', (_, change) => {
  expect(checkBootLog(change(), values)).toMatchObject({ reason: 'boot-log-altered' });
  expect(checkBootLog(bootLog, values)).toHaveLength(measuredEvents(parseBootLog(bootLog)).length);
});

function withoutLast(): Buffer {
  const last = parseBootLog(bootLog).events.at(-1);
  const digests = [...(last?.digests.values() ?? [])].reduce((sum, { length }) => sum + 2 + length, 0);
  return bootLog.subarray(0, bootLog.length - 12 - digests - 4 - (last?.data.length ?? 0));
}

test('the IMA list as text says what the list in bytes says, and each entry is what its digest is of', () => {
  const entries = parseImaBinary(list);
  expect(entries.length).toBeGreaterThan(10);
  expect(fromText.slice(0, entries.length)).toEqual(entries);
  expect(entries.every(isSound)).toBe(true);
  expect(entries[1]?.file).toMatchObject({
    path: '/usr/bin/dash',
    hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
  });
});

test('the IMA list comes to register 10, from its beginning and from where it was verified before', () => {
  const count = imaPrefix(fromText, initialPcr(10), ima);
  expect(count).toBe(fromText.length);
  const [first, ...rest] = [fromText.slice(0, 5), ...fromText.slice(5).map((entry) => [entry])];
  expect(rest.length).toBeGreaterThan(5);
  expect(imaPrefix(first ?? [], initialPcr(10), ima)).toBeUndefined();
});

test('a list that was shortened, altered or of another boot is refused with its reason', () => {
  const before = new Map<number, Buffer>(values).set(10, registerAfter(parseImaBinary(list).length));
  const whole = checkImaList(list, NO_ENTRIES, before);
  expect(whole).toMatchObject({ state: { entries: parseImaBinary(list).length } });
  const offsets = imaOffsets(list);
  const without = Buffer.concat([list.subarray(0, offsets[3]), list.subarray(offsets[4])]);
  expect(checkImaList(without, NO_ENTRIES, before)).toMatchObject({ reason: 'ima-list-altered' });
  const renamed = Buffer.from(list.toString('latin1').replace('/usr/bin/dash', '/usr/bin/bash'), 'latin1');
  expect(checkImaList(renamed, NO_ENTRIES, before)).toMatchObject({
    reason: 'ima-list-altered',
    detail: expect.stringMatching(/entry 2 of the IMA list, `\/usr\/bin\/bash`/),
  });
  expect(checkImaList(Buffer.alloc(0), NO_ENTRIES, before)).toMatchObject({ reason: 'ima-list-missing' });
  expect(checkImaList(list, NO_ENTRIES, new Map(before).set(0, Buffer.alloc(32, 7)))).toMatchObject({
    reason: 'ima-list-altered',
    detail: expect.stringMatching(/another boot/),
  });
});

test('what is handed over behind what was verified before goes on from there', () => {
  const offsets = imaOffsets(list);
  const first = { entries: 4, value: registerAfter(4) };
  const last = parseImaBinary(list).length;
  const now = new Map<number, Buffer>(values).set(10, registerAfter(last));
  expect(checkImaList(list.subarray(offsets[4]), first, now)).toMatchObject({ state: { entries: last } });
  expect(checkImaList(list.subarray(offsets[5]), first, now)).toMatchObject({ reason: 'ima-list-altered' });
});

/** Reckoned here again, apart from what is tested. */
function registerAfter(count: number): Buffer {
  const part = fromText.slice(0, count);
  return part.reduce<Buffer>((value, entry) => {
    const digest = createHash('sha256').update(entry.data).digest();
    return createHash('sha256').update(value).update(digest).digest();
  }, initialPcr(10));
}
