import { SUMMED, SUMMED_KINDS } from './telemetry.js';

/** Of a number that can be asked for. */
export const NAME = /^[A-Za-z][A-Za-z0-9]*$/;
/** Names of numbers in a body; one that has more of them is none of the protocol's. */
const MOST = 64;

/**
 * What of a body the store itself reads: its numbers, as a body that has nothing else. '' for kinds that are not added up. What a node
 * told in another form has none.
 */
export function numbersText(kind: string, body: string): string {
  if (!SUMMED_KINDS.some((each) => each === kind)) return '';
  const { [SUMMED]: sums } = JSON.parse(body) as Readonly<Record<string, unknown>>; // an object, as the protocol saw to
  const numbers =
    typeof sums === 'object' && sums !== null
      ? Object.entries(sums)
          .slice(0, MOST)
          .filter(([name, value]) => NAME.test(name) && typeof value === 'number')
      : [];
  return JSON.stringify({ [SUMMED]: Object.fromEntries(numbers) });
}
