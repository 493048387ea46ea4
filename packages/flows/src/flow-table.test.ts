import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COUNTERS, type FlowCounters, noCounters } from './counters.js';
import type { FlowReading } from './flow.js';
import { FlowTable } from './flow-table.js';

const reading = (facts: Partial<FlowReading> = {}, counters: Partial<FlowCounters> = {}): FlowReading => ({
  ...{ cgroup: 7, netns: 1, role: 'client', protocol: 'tcp', remote: '10.0.0.2', port: 80 },
  ...{ firstNs: 1, local: '10.0.0.1', isMapped: false, isGuessed: false, isRaw: false },
  ...facts,
  counters: { ...noCounters(), ...counters },
});
const table = (capacity = 100): FlowTable => new FlowTable({ capacity, rememberMs: 60_000 });

describe('a table of flows', () => {
  test('counts what an entry grew by, and goes on when the kernel has a new entry', () => {
    const flows = table();
    expect(flows.take(reading({}, { bytesOut: 10, attempts: 1 }), 0)).toBe(true);
    expect(flows.take(reading({}, { bytesOut: 10, attempts: 1 }), 1)).toBe(false);
    flows.take(reading({}, { bytesOut: 15, attempts: 2 }), 2);
    flows.removed(reading());
    flows.take(reading({ firstNs: 9 }, { bytesOut: 4, attempts: 1 }), 3);
    expect(flows.get(reading())?.counters).toMatchObject({ bytesOut: 19, attempts: 3 });
    expect(flows.get(reading())).toMatchObject({ firstSeenMs: 0, lastActiveMs: 3 });
  });

  test('sees through counters that began again after 2^32', () => {
    const flows = table();
    flows.take(reading({}, { attempts: 2 ** 32 - 1 }), 0);
    flows.take(reading({}, { attempts: 1 }), 1);
    expect(flows.get(reading())?.counters.attempts).toBe(2 ** 32 + 1);
  });

  test('names as quiet what has no open connection and did not move, until it is removed', () => {
    const flows = table();
    flows.take(reading({ port: 1 }, { established: 1 }), 0);
    flows.take(reading({ port: 2 }, { established: 1, closed: 1 }), 0);
    flows.take(reading({ port: 3 }, { bytesIn: 1 }), 50);
    const ports = (): number[] => flows.quiet(60, 20).map(({ port }) => port);
    expect(ports()).toEqual([2]);
    flows.removed(reading({ port: 2 }));
    expect(ports()).toEqual([]);
  });

  test('finds all that the kernel has of a cgroup, the rest too', () => {
    const flows = table();
    for (const role of ['client', 'rest'] as const) flows.take(reading({ role }), 0);
    flows.take(reading({ cgroup: 8 }), 0);
    expect(flows.ofCgroups(new Set([7])).map(({ role }) => role)).toEqual(['client', 'rest']);
    flows.removed(reading({ role: 'rest' }));
    expect(flows.ofCgroups(new Set([7, 9]))).toHaveLength(1);
  });

  test('says which cgroups have many flows in the kernel', () => {
    const flows = table();
    for (const port of [1, 2, 3]) flows.take(reading({ port }), 0);
    flows.take(reading({ cgroup: 8 }), 0);
    expect([flows.crowded(2), flows.crowded(3)]).toEqual([new Set([7]), new Set()]);
    flows.removed(reading({ port: 1 }));
    expect(flows.crowded(2)).toEqual(new Set());
  });

  test('remembers a removed flow for a while, a living one always', () => {
    const flows = table();
    flows.take(reading({ port: 1 }, { bytesIn: 1 }), 0);
    flows.take(reading({ port: 2 }, { bytesIn: 1 }), 0);
    flows.removed(reading({ port: 1 }));
    flows.sweep(59_000);
    expect(flows.size).toBe(2);
    flows.sweep(61_000);
    expect([...flows.entries()].map(({ id }) => id.port)).toEqual([2]);
  });

  test('forgets what ended first when it is full, and counts it', () => {
    const flows = table(2);
    for (const port of [1, 2, 3]) {
      flows.take(reading({ port }, { bytesIn: port }), 0);
      flows.removed(reading({ port }));
    }
    expect([...flows.entries()].map(({ id }) => id.port)).toEqual([2, 3]);
    expect(flows.forgotten).toMatchObject({ flows: 1, counters: { bytesIn: 1 } });
  });

  test('tells rates of the last minute, and none when it is quiet', () => {
    const flows = table();
    flows.take(reading(), 0);
    flows.take(reading({}, { bytesOut: 1000, attempts: 20, refused: 10 }), 9_000);
    expect(flows.ratesOf(reading(), 10_000)).toEqual({
      bytesOut: 100,
      bytesIn: 0,
      connections: 2,
      failures: 1,
    });
    expect(flows.ratesOf(reading(), 100_000)).toEqual({
      bytesOut: 0,
      bytesIn: 0,
      connections: 0,
      failures: 0,
    });
  });

  test('loses nothing, whatever order readings, removals and floods come in', () => {
    const step = fc.record({
      port: fc.nat(9),
      counter: fc.constantFrom(...COUNTERS),
      more: fc.nat(1000),
      remove: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 12 }), (steps, capacity) => {
        const flows = table(capacity);
        const kernel = new Map<number, { firstNs: number; counters: FlowCounters }>();
        const told = noCounters();
        for (const [at, { port, counter, more, remove }] of steps.entries()) {
          const entry = kernel.get(port) ?? { firstNs: at + 1, counters: noCounters() };
          kernel.set(port, entry);
          entry.counters[counter] += more;
          told[counter] += more;
          flows.take(reading({ port, firstNs: entry.firstNs }, entry.counters), at);
          if (!remove) continue;
          flows.removed(reading({ port }));
          kernel.delete(port);
        }
        const sum = noCounters();
        const all = [flows.forgotten, ...flows.entries()];
        for (const { counters } of all) for (const name of COUNTERS) sum[name] += counters[name];
        expect(sum).toEqual(told);
        expect(flows.size).toBeLessThanOrEqual(Math.max(capacity, kernel.size));
      }),
    );
  });
});
