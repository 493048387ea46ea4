import { RwNarrowed, SYSCALLS } from '@runward/events';
import { describe, expect, test } from 'vitest';
import {
  NARROWED_SLOTS,
  NARROWED_TYPES,
  NarrowedTable,
  type Program,
  slotOf,
  TYPE_WORDS,
} from './narrowed-table.js';

const memory = (): ArrayBuffer => new ArrayBuffer(NARROWED_SLOTS * RwNarrowed.size);
const program: Program = {
  pid: 70_001,
  startNs: 9_007_199_254_740_993n,
  execId: 3n,
  cgroup: (1n << 52n) | 77n,
};
const types = Uint32Array.of(1, 2, 3, 4, 5, 6);

describe('the table of processes', () => {
  test('is read by the kernel at the number modulo its size, one cache line each', () => {
    const buffer = memory();
    new NarrowedTable(buffer).write(program, 5, { types, opens: 0x8000_0001 });
    const view = new DataView(buffer, slotOf(program.pid) * RwNarrowed.size, RwNarrowed.size);
    expect(slotOf(program.pid)).toBe(70_001 % 16_384);
    expect(RwNarrowed.size).toBe(64);
    expect([
      view.getBigUint64(RwNarrowed.start_ns, true),
      view.getBigUint64(RwNarrowed.exec_id, true),
      view.getBigUint64(RwNarrowed.cgroup_id, true),
      view.getUint32(RwNarrowed.tgid, true),
      view.getUint32(RwNarrowed.epoch, true),
      view.getBigUint64(RwNarrowed.types, true),
      view.getUint32(RwNarrowed.opens, true),
    ]).toEqual([program.startNs, 3n, program.cgroup, program.pid, 5, (2n << 32n) | 1n, 0x8000_0001]);
  });

  test('has an even version at rest, another after each change', () => {
    const buffer = memory();
    const table = new NarrowedTable(buffer);
    const version = (): number =>
      new DataView(buffer).getUint32(slotOf(program.pid) * RwNarrowed.size + RwNarrowed.version, true);
    const seen = [version()];
    for (const opens of [1, 2]) {
      table.write(program, 1, { types, opens });
      seen.push(version());
    }
    expect(seen).toEqual([0, 2, 4]);
  });

  test('knows which program a slot speaks of', () => {
    const table = new NarrowedTable(memory());
    expect(table.holds(program, 1)).toBe(false);
    table.write(program, 1, { types, opens: 0 });
    expect(table.holds(program, 1)).toBe(true);
    expect(table.holds(program, 2)).toBe(false);
    for (const other of [
      { execId: 4n },
      { startNs: 9_007_199_254_740_992n },
      { cgroup: 77n },
      { pid: program.pid + NARROWED_SLOTS },
    ])
      expect(table.holds({ ...program, ...other }, 1)).toBe(false);
  });

  test('has a bit for every system call', () => {
    expect(Math.max(...SYSCALLS.map((call) => call.id))).toBeLessThan(NARROWED_TYPES);
    expect(TYPE_WORDS * 32).toBe(NARROWED_TYPES);
  });
});
