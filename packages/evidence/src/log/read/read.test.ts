import { beforeAll, expect, test } from 'vitest';
import { CrashDisk } from '../../testing/crash-disk.js';
import { openSample, sampleLog } from '../../testing/sample-log.js';
import { segmentName } from '../segment.js';
import { type RecordFilter, recordFilter } from './filter.js';
import { followRecords } from './follow.js';
import { type ReadBounds, readRecords } from './reader.js';

let sample: CrashDisk;
beforeAll(async () => {
  sample = await sampleLog();
});

async function numbers(
  filter: RecordFilter,
  bounds: ReadBounds = {},
  disk = sample,
): Promise<readonly number[]> {
  const isWanted = recordFilter(filter);
  const found: number[] = [];
  for await (const line of readRecords(disk, bounds)) if (isWanted(line)) found.push(line.record.seq);
  return found;
}

test.each<{ filter: RecordFilter; expected: readonly number[]; bounds?: ReadBounds }>([
  { filter: { kinds: ['key.rotate'] }, expected: [8, 17, 26] },
  { filter: { kinds: ['segment.open', 'segment.close'] }, expected: [1, 9, 10, 18, 19, 27] },
  { filter: { container: '21' }, expected: [13, 14] },
  { filter: { container: 'web-a' }, expected: [2, 4, 6, 11, 13, 15, 20, 22, 24] },
  { filter: { container: 'web-a', text: 'IT DID 3' }, expected: [20, 22, 24] },
  { filter: { kinds: ['detection'] }, bounds: { fromSeq: 24 }, expected: [24, 25] },
  { filter: {}, bounds: { untilMs: 0 }, expected: [] },
  { filter: { container: 'nobody' }, expected: [] },
])(
  'records are chosen by kind, container, text and place: $filter $bounds',
  async ({ filter, bounds, expected }) => {
    expect(await numbers(filter, bounds)).toEqual(expected);
  },
);

test('containers are found in every body that names them, and ids by their beginning', () => {
  const line = (body: Readonly<Record<string, unknown>>) => ({
    ...{ hash: '', signature: '', json: '', intact: true, offset: 0, length: 0 },
    record: { seq: 1, time: '', kind: 'response', prev: '', body },
  });
  const isWanted = recordFilter({ container: 'abcd' });
  expect(isWanted(line({ isolation: { containers: [{ id: 'abcdef', name: 'web' }] } }))).toBe(true);
  expect(isWanted(line({ container: { id: 'x', name: 'abcd' } }))).toBe(true);
  expect(isWanted(line({ who: { id: 'abcdef' }, container: null }))).toBe(false);
});

test('what was not acknowledged is not read', async () => {
  const disk = sample.copy();
  disk.edit(segmentName(3), (bytes) => bytes.subarray(0, bytes.length - 30));
  expect((await numbers({}, { fromSeq: 24 }, disk)).at(-1)).toBe(26);
});

test('who follows a log gets each record once, also over the end of a segment', async () => {
  const disk = new CrashDisk();
  const log = await openSample(disk);
  await log.append('agent.start', { producer: 'test', pid: 1 });
  const stop = new AbortController();
  const seen: number[] = [];
  for await (const { record } of followRecords(disk, 2, stop.signal)) {
    seen.push(record.seq);
    if (record.seq === 2) await log.append('agent.stop', { why: 'x' });
    if (record.seq === 3) await log.rotate('asked');
    if (record.seq === 6) stop.abort();
  }
  expect(seen).toEqual([2, 3, 4, 5, 6]);
  await log.close();
});
