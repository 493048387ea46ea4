const NS_PER_SECOND = 1_000_000_000n;

const two = (n: number): string => String(n).padStart(2, '0');

const dateOf = (ns: bigint): Date => new Date(Number(ns / 1_000_000n));
const nanos = (ns: bigint): string => String(ns % NS_PER_SECOND).padStart(9, '0');

/** `14:05:09`, local time. */
export function clockTime(ns: bigint): string {
  const d = dateOf(ns);
  return `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

/** `14:05:09.000000001`, local time. */
export const clockTimeNs = (ns: bigint): string => `${clockTime(ns)}.${nanos(ns)}`;

/** `2026-01-31 14:05:09`, local time. */
export function dateTime(ns: bigint): string {
  const d = dateOf(ns);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${clockTime(ns)}`;
}

export const dateTimeNs = (ns: bigint): string => `${dateTime(ns)}.${nanos(ns)}`;

/** `2026-01-31T14:05:09.000000001+0000`, UTC. */
export const isoTime = (ns: bigint): string => `${dateOf(ns).toISOString().slice(0, 19)}.${nanos(ns)}+0000`;

export const seconds = (ns: bigint): number => Number(ns / NS_PER_SECOND);
export const fraction = (ns: bigint): number => Number(ns % NS_PER_SECOND);
