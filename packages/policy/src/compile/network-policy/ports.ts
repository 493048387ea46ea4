import type { PortRange } from '../../model/policy.js';

/** Port 0 is none: binding it asks for any. */
export const EVERY_PORT: PortRange = { first: 1, last: 65_535 };

const within = ({ first, last }: PortRange): PortRange => ({ first: Math.max(1, first), last });

/** The ports cut where any of the ranges begins or ends, so that each piece is wholly in a range or wholly not. */
export function pieces(ranges: readonly PortRange[]): readonly PortRange[] {
  const starts = new Set([1]);
  for (const { first, last } of ranges) {
    starts.add(Math.max(1, first));
    if (last < EVERY_PORT.last) starts.add(last + 1);
  }
  const sorted = [...starts].sort((a, b) => a - b);
  return sorted.map((first, at) => ({ first, last: (sorted[at + 1] ?? EVERY_PORT.last + 1) - 1 }));
}

/** Whether a piece is in one of the ranges; none given: in all. */
export const covered = (piece: PortRange, ranges: readonly PortRange[]): boolean =>
  ranges.length === 0 ||
  ranges.map(within).some(({ first, last }) => first <= piece.first && piece.last <= last);

/** Neighbours as one. */
export function joined(ranges: readonly PortRange[]): readonly PortRange[] {
  const result: PortRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.first - b.first)) {
    const before = result.at(-1);
    if (before !== undefined && before.last + 1 >= range.first)
      result[result.length - 1] = { first: before.first, last: Math.max(before.last, range.last) };
    else result.push(range);
  }
  return result;
}
