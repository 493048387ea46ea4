/** What two texts have in common and what not, by lines. */
export interface DiffLine {
  readonly change: 'same' | 'removed' | 'added';
  readonly text: string;
  /** From 1; null: not in that text. */
  readonly before: number | null;
  readonly after: number | null;
}

/** Beyond so many differences what is between the common ends counts as replaced: the search grows with their square. */
const MOST_DIFFERENCES = 500;

type Edit = 'same' | 'removed' | 'added';

/** The shortest way from one to the other (Myers, "An O(ND) Difference Algorithm"), with common ends taken off first. */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  const [a, b] = [linesOf(before), linesOf(after)];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const middle = editsOf(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  const same = (count: number): readonly Edit[] => Array.from({ length: count }, () => 'same');
  let [x, y] = [0, 0];
  return [...same(head), ...middle, ...same(tail)].map((change): DiffLine => {
    const line = (change === 'added' ? b[y] : a[x]) ?? '';
    if (change !== 'added') x += 1;
    if (change !== 'removed') y += 1;
    return {
      ...{ change, text: line },
      ...{ before: change === 'added' ? null : x, after: change === 'removed' ? null : y },
    };
  });
}

const linesOf = (text: string): readonly string[] =>
  text === '' ? [] : (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');

function editsOf(a: readonly string[], b: readonly string[]): readonly Edit[] {
  const most = Math.min(a.length + b.length, MOST_DIFFERENCES);
  // Of each diagonal `x - y` how far it was come; one copy for each number of differences, to walk back by.
  const trace: ReadonlyMap<number, number>[] = [];
  let reached: ReadonlyMap<number, number> = new Map([[1, 0]]);
  for (let d = 0; d <= most; d += 1) {
    trace.push(reached);
    const next = new Map(reached);
    for (let k = -d; k <= d; k += 2) {
      let x = isDown(next, k, d) ? (next.get(k + 1) ?? 0) : (next.get(k - 1) ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      next.set(k, x);
      if (x >= a.length && x - k >= b.length) return walkBack(trace, a.length, b.length);
    }
    reached = next;
  }
  return [...a.map((): Edit => 'removed'), ...b.map((): Edit => 'added')];
}

const isDown = (reached: ReadonlyMap<number, number>, k: number, d: number): boolean =>
  k === -d || (k !== d && (reached.get(k - 1) ?? -1) < (reached.get(k + 1) ?? -1));

function walkBack(trace: readonly ReadonlyMap<number, number>[], width: number, height: number): Edit[] {
  const edits: Edit[] = [];
  let [x, y] = [width, height];
  for (let d = trace.length - 1; d >= 0; d -= 1) {
    const reached = trace[d] ?? new Map<number, number>();
    const k = x - y;
    const from = isDown(reached, k, d) ? k + 1 : k - 1;
    const fromX = d === 0 ? 0 : (reached.get(from) ?? 0);
    const fromY = d === 0 ? 0 : fromX - from;
    while (x > fromX && y > fromY) {
      edits.push('same');
      x -= 1;
      y -= 1;
    }
    if (d > 0) edits.push(x === fromX ? 'added' : 'removed');
    [x, y] = [fromX, fromY];
  }
  return edits.reverse();
}
