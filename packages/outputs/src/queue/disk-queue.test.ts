import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DiskQueue } from './disk-queue.js';

let folder = '';
let said: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rw-queue-'));
  said = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (maxBytes = 1024 * 1024): DiskQueue =>
  DiskQueue.open(folder, { maxBytes, say: (message) => said.push(message) });
const records = (...texts: readonly string[]): readonly Buffer[] => texts.map((text) => Buffer.from(text));
const take = (queue: DiskQueue, most = 100, bytes = 1024 * 1024): readonly string[] =>
  queue.next(most, bytes)?.records.map(String) ?? [];
const segments = (): readonly string[] => readdirSync(folder).filter((name) => name.endsWith('.queue'));

test('hands out in order what was taken, and forgets what has arrived', () => {
  const queue = open();
  expect(queue.append(records('a', 'b', 'c'))).toBe(3);
  const first = queue.next(2, 1000);
  expect(first?.records.map(String)).toEqual(['a', 'b']);
  expect(take(queue)).toEqual(['c']);
  expect(take(queue)).toEqual([]);
  if (first !== undefined) queue.acknowledge(first);
  expect(queue.count).toBe(1);
  queue.rewind();
  expect(take(queue)).toEqual(['c']);
  queue.close();
});

test('keeps what has not arrived for the next process', () => {
  const queue = open();
  queue.append(records('a', 'b', 'c'));
  const first = queue.next(1, 1000);
  if (first !== undefined) queue.acknowledge(first);
  take(queue);
  queue.close();
  const again = open();
  expect([again.count, take(again)]).toEqual([2, ['b', 'c']]);
  again.append(records('d'));
  expect(take(again)).toEqual(['d']);
  again.close();
});

test('goes on behind the last whole record wherever the file was cut', () => {
  const queue = open();
  queue.append(records('first', 'second'));
  const [name = ''] = segments();
  const path = join(folder, name);
  const before = statSync(path).size;
  queue.append(records('third'));
  queue.close();
  const whole = readFileSync(path);
  for (let size = before; size < whole.length; size += 1) {
    writeFileSync(path, whole);
    truncateSync(path, size);
    const again = open();
    expect(take(again)).toEqual(['first', 'second']);
    expect(again.append(records('fourth'))).toBe(1);
    expect(take(again)).toEqual(['fourth']);
    again.close();
  }
  expect(said).toHaveLength(whole.length - before - 1);
});

test('leaves out what is damaged, says so and goes on with the next file', () => {
  const queue = open(8 * 64 * 1024);
  const big = 'x'.repeat(40_000);
  queue.append(records(`1${big}`, `2${big}`, `3${big}`, `4${big}`));
  const [name = ''] = segments();
  expect(segments().length).toBeGreaterThan(1);
  const bytes = readFileSync(join(folder, name));
  bytes.writeUInt8(0, 20);
  writeFileSync(join(folder, name), bytes);
  const found: string[] = [];
  for (let batch = take(queue, 1); batch.length > 0; batch = take(queue, 1)) found.push(batch[0]?.[0] ?? '');
  expect(found).not.toContain('1');
  expect(found).toContain('4');
  expect(said.join()).toMatch(/damaged/);
  queue.close();
});

test('what damage takes while it runs is counted once, and nothing that comes after is lost with it', () => {
  const lost: number[] = [];
  const queue = DiskQueue.open(folder, {
    ...{ maxBytes: 1e6, say: (message) => said.push(message), onLost: (count) => lost.push(count) },
  });
  queue.append(records('1', '2', '3', '4'));
  const [name = ''] = segments();
  const bytes = readFileSync(join(folder, name));
  bytes.writeUInt8(0, 2 * 9 + 8); // within the third
  writeFileSync(join(folder, name), bytes);
  expect(take(queue)).toEqual(['1', '2']);
  expect(take(queue)).toEqual([]);
  expect([queue.count, lost]).toEqual([2, [2]]);
  queue.append(records('5'));
  // As after a connection that broke: from the oldest on.
  queue.rewind();
  const found: string[] = [];
  for (let batch = queue.next(1, 1e6); batch !== undefined; batch = queue.next(1, 1e6)) {
    found.push(...batch.records.map(String));
    queue.acknowledge(batch);
  }
  expect([found, queue.count, queue.bytes, lost]).toEqual([['1', '2', '5'], 0, 0, [2]]);
  queue.append(records('6'));
  expect([take(queue), queue.count]).toEqual([['6'], 1]);
  queue.close();
});

test('refuses what does not fit, never what is older, and takes again once there is room', () => {
  const queue = open(100);
  expect(queue.append(records('a'.repeat(60), 'b'.repeat(60), 'c'))).toBe(1);
  const batch = queue.next(10, 1000);
  if (batch !== undefined) queue.acknowledge(batch);
  expect(queue.append(records('d'))).toBe(1);
  expect(take(queue)).toEqual(['d']);
  queue.close();
});

test('removes files whose records have arrived', () => {
  const queue = open(8 * 64 * 1024);
  for (let i = 0; i < 8; i += 1) queue.append(records('x'.repeat(40_000)));
  expect(segments().length).toBeGreaterThan(2);
  for (let batch = queue.next(1, 1e6); batch !== undefined; batch = queue.next(1, 1e6))
    queue.acknowledge(batch);
  expect(segments()).toHaveLength(1);
  expect(queue.count).toBe(0);
  queue.close();
});

test('a record larger than a batch is handed out alone', () => {
  const queue = open();
  queue.append(records('a', 'b'.repeat(5000), 'c'));
  expect(take(queue, 10, 100)).toEqual(['a']);
  expect(take(queue, 10, 100)[0]).toHaveLength(5000);
  expect(take(queue, 10, 100)).toEqual(['c']);
  queue.close();
});

test('everything is sent again where nobody knows how far it was sent', () => {
  const queue = open();
  queue.append(records('a', 'b'));
  const batch = queue.next(1, 1000);
  if (batch !== undefined) queue.acknowledge(batch);
  queue.close();
  writeFileSync(join(folder, 'cursor.json'), '{"segment":"..');
  const again = open();
  expect(take(again)).toEqual(['a', 'b']);
  expect(said.join()).toMatch(/all of it is sent again/);
  again.close();
});

test('says what is wrong with its folder', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(() => DiskQueue.open(join(folder, 'file'), { maxBytes: 100, say: () => undefined })).toThrow(
    /cannot be used/,
  );
});
