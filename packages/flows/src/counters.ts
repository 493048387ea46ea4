/** What is counted of a flow; bytes are payload, in and out are seen from the flow's own end. */
export const COUNTERS = [
  'bytesOut',
  'bytesIn',
  'packetsOut',
  'packetsIn',
  'attempts',
  'established',
  'existing',
  'closed',
  'refused',
  'timedOut',
  'unreachable',
  'abandoned',
  'resetsIn',
  'resetsOut',
] as const;

export type Counter = (typeof COUNTERS)[number];
export type FlowCounters = { -readonly [name in Counter]: number };

/** These have 64 bits in the kernel; the others begin again after 2^32. */
const WIDE: ReadonlySet<Counter> = new Set(['bytesOut', 'bytesIn', 'packetsOut', 'packetsIn']);
const WRAP = 2 ** 32;

export const noCounters = (): FlowCounters => ({
  bytesOut: 0,
  bytesIn: 0,
  packetsOut: 0,
  packetsIn: 0,
  attempts: 0,
  established: 0,
  existing: 0,
  closed: 0,
  refused: 0,
  timedOut: 0,
  unreachable: 0,
  abandoned: 0,
  resetsIn: 0,
  resetsOut: 0,
});

/** How much more `now` counts than `before`. */
export function growth(now: FlowCounters, before: FlowCounters): FlowCounters {
  const grown = noCounters();
  for (const name of COUNTERS) {
    const more = now[name] - before[name];
    // A reading that is older than the last one says nothing new.
    grown[name] = WIDE.has(name) ? Math.max(0, more) : (more + WRAP) % WRAP;
  }
  return grown;
}

export function addCounters(sum: FlowCounters, more: FlowCounters): void {
  for (const name of COUNTERS) sum[name] += more[name];
}

export const isNothing = (counters: FlowCounters): boolean => COUNTERS.every((name) => counters[name] === 0);

/** Connections that are open now. */
export const openOf = ({ established, existing, closed }: FlowCounters): number =>
  Math.max(0, established + existing - closed);

/** Connections, or of UDP exchanges, that never came to be. */
export const failuresOf = ({ refused, timedOut, unreachable, abandoned }: FlowCounters): number =>
  refused + timedOut + unreachable + abandoned;
