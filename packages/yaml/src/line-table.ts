/** Lines and columns of a text, counted from 1. Built when the first position is asked for: most loads ask for few. */
export class LineTable {
  #starts: readonly number[] | undefined;

  constructor(readonly text: string) {}

  position(offset: number): { readonly line: number; readonly column: number } {
    this.#starts ??= startsOf(this.text);
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: Math.max(0, offset - (this.#starts[low] ?? 0)) + 1 };
  }
}

function startsOf(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
