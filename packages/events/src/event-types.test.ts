import { expect, test } from 'vitest';
import { EVENT_TYPES, eventTypeById, eventTypeByName, INTERNAL_EVENTS } from './event-types.js';
import { RwInternalEvent } from './layout.generated.js';
import { I386_TWINS, SYSCALLS } from './syscalls.js';

test('ids and names are unique: they are part of the recording format and of the rule language', () => {
  expect(eventTypeById.size).toBe(EVENT_TYPES.length);
  expect(eventTypeByName.size).toBe(EVENT_TYPES.length);
});

test('ids of system calls are 1, 2, 3 and so on: a new one is appended, none is given twice or taken away', () => {
  expect(SYSCALLS.map((s) => s.id)).toEqual(SYSCALLS.map((_, i) => i + 1));
});

test('loss is counted by the low byte of the id, which no two types share', () => {
  expect(new Set(EVENT_TYPES.map((t) => t.id & 255)).size).toBe(EVENT_TYPES.length);
});

test('no two calls have one number on an architecture', () => {
  for (const architecture of ['x86_64', 'arm64'] as const) {
    const numbers = SYSCALLS.map((s) => s[architecture]).filter((n) => n >= 0);
    expect(new Set(numbers).size, architecture).toBe(numbers.length);
  }
  const i386 = [...SYSCALLS, ...I386_TWINS].map((s) => s.i386).filter((n) => n >= 0);
  expect(new Set(i386).size).toBe(i386.length);
});

test('a twin is of a call in the table', () => {
  expect(I386_TWINS.filter((twin) => !eventTypeByName.has(twin.name))).toEqual([]);
});

test('numbers fit the tables of the kernel side', () => {
  expect(Math.max(...SYSCALLS.flatMap((s) => [s.x86_64, s.arm64]))).toBeLessThan(1024);
  expect(Math.max(...[...SYSCALLS, ...I386_TWINS].map((s) => s.i386))).toBeLessThan(512);
});

test('a call has at most two paths and two texts: more the records have no room for', () => {
  const count = (args: string, kind: string): number =>
    args.split(' ').filter((a) => a.endsWith(`:${kind}`)).length;
  for (const { name, args } of SYSCALLS) {
    expect(count(args, 'path'), name).toBeLessThanOrEqual(2);
    expect(count(args, 'string'), name).toBeLessThanOrEqual(2);
    expect(args.split(' ').length, name).toBeLessThanOrEqual(6);
  }
});

test('internal events have the numbers the kernel side sends', () => {
  const sent = {
    procexit: 'PROCEXIT',
    procstart: 'PROCSTART',
    cgroupcreate: 'CGROUPCREATE',
    cgroupremove: 'CGROUPREMOVE',
  };
  const known: Readonly<Record<string, number>> = RwInternalEvent;
  for (const [name, constant] of Object.entries(sent)) {
    expect(INTERNAL_EVENTS.find((e) => e.name === name)?.id).toBe(known[`RW_EV_${constant}`]);
  }
});
