import { expect, test } from 'vitest';
import { accountNames, type ContainerSlot, ContainerTable } from './container-table.js';
import { type PendingEvent, PendingEvents } from './pending.js';
import { ProcessTable } from './process-table.js';
import { nobody } from './testing/nobody.js';

const MEBIBYTE = 1024 * 1024;
const table = new ContainerTable();
const slot = (cgroup: number): ContainerSlot =>
  table.add(cgroup, '/', 'waiting', 0, accountNames({ users: [], groups: [] }));
const process = new ProcessTable(nobody).create();
const event = (number: number, size = 80): PendingEvent => ({
  record: new Uint8Array(size),
  process,
  number,
});

test('events come back in their order, those of other containers stay', () => {
  const pending = new PendingEvents();
  const [a, b] = [slot(1), slot(2)];
  for (let i = 1; i <= 6; i += 1) expect(pending.hold(i % 2 === 0 ? a : b, event(i))).toBe(true);
  expect(pending.cgroups().toSorted()).toEqual([1, 2]);
  expect(pending.release(1).map((e) => e.number)).toEqual([2, 4, 6]);
  expect([pending.has(1), pending.has(2), pending.isEmpty]).toEqual([false, true, false]);
  expect(pending.release(2).map((e) => e.number)).toEqual([1, 3, 5]);
  expect(pending.isEmpty).toBe(true);
});

test('releasing what is not held gives nothing', () => {
  expect(new PendingEvents().release(9)).toEqual([]);
});

/** An event that takes `size` bytes in all. */
const taking = (number: number, size: number): PendingEvent => event(number, size - 512);

test('no more than 16 MiB are held over all containers; what is released makes room', () => {
  const pending = new PendingEvents();
  const [a, b] = [slot(1), slot(2)];
  for (let i = 0; i < 15; i += 1) expect(pending.hold(a, taking(i, MEBIBYTE))).toBe(true);
  expect(pending.hold(b, taking(15, MEBIBYTE))).toBe(true);
  expect(pending.hold(b, event(16, 1))).toBe(false);
  expect(pending.hold(slot(3), event(17, 1))).toBe(false);
  expect(pending.has(3)).toBe(false);
  pending.release(1);
  expect(pending.hold(b, taking(18, 15 * MEBIBYTE))).toBe(true);
  expect(pending.hold(b, event(19, 1))).toBe(false);
});

test('many small events count with what holding them takes', () => {
  const pending = new PendingEvents();
  let held = 0;
  while (pending.hold(slot(1), event(held, 80))) held += 1;
  expect(held).toBe(Math.floor((16 * MEBIBYTE) / (80 + 512)));
});
