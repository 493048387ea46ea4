import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { EvidenceError } from '../error.js';
import { FlightFolder } from './flight-folder.js';

const base = mkdtempSync(join(tmpdir(), 'runward-flight-'));
afterAll(() => rmSync(base, { recursive: true }));

const ID = 'aabbccdd-0000-0000-0000-000000000000';
const NOW = Date.parse('2026-01-02T03:04:05Z');
const KIB = 1024;
let folders = 0;

/** A folder with segments of these sizes and ages, oldest first, and a file of someone else's. */
function filled(segments: readonly (readonly [kib: number, ageMs: number])[]): {
  readonly folder: FlightFolder;
  readonly left: () => number[];
} {
  const path = join(base, String(folders++));
  const folder = new FlightFolder(path, ID, { maxAgeMs: 60_000, maxBytes: 800 * KIB }, new Date(NOW));
  writeFileSync(join(path, 'notes.txt'), 'mine');
  writeFileSync(join(path, 'precious.rwrec'), 'mine too');
  for (const [i, [kib, ageMs]] of segments.entries()) {
    const file = folder.pathOf(i).path;
    writeFileSync(file, new Uint8Array(kib * KIB));
    utimesSync(file, (NOW - ageMs) / 1000, (NOW - ageMs) / 1000);
  }
  utimesSync(join(path, 'precious.rwrec'), 1, 1);
  const left = (): number[] => {
    const names = readdirSync(path);
    expect(names).toEqual(expect.arrayContaining(['notes.txt', 'precious.rwrec']));
    return segments.flatMap((_, i) =>
      names.includes(folder.pathOf(i).path.split('/').at(-1) ?? '') ? [i] : [],
    );
  };
  return { folder, left };
}

test('segments are named by time, recording and number, so that they sort', () => {
  const { folder } = filled([]);
  expect(folder.pathOf(7)).toEqual({
    path: expect.stringMatching(/\/flight-20260102T030405Z-aabbccdd-00007\.rwrec$/),
    force: false,
  });
});

test('what is older than it may be goes', async () => {
  const { folder, left } = filled([
    [1, 90_000],
    [1, 61_000],
    [1, 59_000],
    [1, 0],
  ]);
  await folder.finished(NOW);
  expect(left()).toEqual([2, 3]);
});

test('of what is too much the oldest goes, so that a whole segment more still fits', async () => {
  const { folder, left } = filled([
    [200, 50],
    [200, 40],
    [200, 30],
    [100, 20],
    [100, 10],
    [100, 0],
  ]);
  expect(folder.segmentBytes).toBe(100 * KIB);
  await folder.finished(NOW);
  expect(left()).toEqual([2, 3, 4, 5]);
});

test('the folder is its owner’s alone; one that cannot be made is an error that says so', () => {
  filled([]);
  expect(statSync(join(base, '0')).mode & 0o777).toBe(0o700);
  const blocked = join(base, '0', 'notes.txt', 'below');
  expect(() => new FlightFolder(blocked, ID, { maxAgeMs: 1, maxBytes: 1 })).toThrow(EvidenceError);
});
