import { withoutSecrets } from '../secrets.js';

/** More lines than this on either side, between what both begin and end with, are counted and not compared. */
const MOST_COMPARED = 1000;
/** Of a difference that is shown. */
const MOST_SHOWN = 40;
const LONGEST = 200;

/** What became of a text, line by line: `-` was there, `+` is there now. Values that are called like secrets are left out. */
export function lineDiff(before: string, after: string): readonly string[] {
  const [a, b] = [before.split('\n'), after.split('\n')];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let [endA, endB] = [a.length, b.length];
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA -= 1;
    endB -= 1;
  }
  const [gone, come] = [a.slice(start, endA), b.slice(start, endB)];
  const lines =
    gone.length > MOST_COMPARED || come.length > MOST_COMPARED
      ? [`${gone.length} lines were replaced by ${come.length}, from line ${start + 1}`]
      : compared(gone, come).map(shown);
  return lines.length <= MOST_SHOWN
    ? lines
    : [...lines.slice(0, MOST_SHOWN), `… and ${lines.length - MOST_SHOWN} more lines`];
}

/** By the longest common subsequence. */
function compared(a: readonly string[], b: readonly string[]): readonly string[] {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const lines: string[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      i += 1;
      j += 1;
    } else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(`-${a[i]}`);
      i += 1;
    } else {
      lines.push(`+${b[j]}`);
      j += 1;
    }
  }
  return lines;
}

const shown = (line: string): string => {
  const clean = withoutSecrets(line);
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean;
};
