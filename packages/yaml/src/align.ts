/**
 * Maps offsets of a scalar's value to offsets of the file it was written in.
 *
 * Folding, indentation, escapes and block headers change white space and add backslashes but keep the order
 * of the visible characters, so walking both texts in step finds each one again.
 */
export function alignScalar(
  file: string,
  start: number,
  end: number,
  value: string,
): (offset: number) => number {
  const positions = new Uint32Array(value.length + 1);
  let at = bodyStart(file, start);
  for (let i = 0; i < value.length; i++) {
    const char = value.charCodeAt(i);
    if (!isBlank(char)) {
      let probe = at;
      while (probe < end && file.charCodeAt(probe) !== char) probe += 1;
      if (probe < end) at = probe;
    }
    positions[i] = at;
    if (at < end) at += 1;
  }
  positions[value.length] = at;
  return (offset) => positions[Math.min(offset, value.length)] ?? start;
}

const isBlank = (char: number): boolean => char === 32 || char === 10 || char === 13 || char === 9;

/** Past the quote, or past the header line of a block scalar. */
function bodyStart(file: string, start: number): number {
  const first = file[start];
  if (first === '"' || first === "'") return start + 1;
  if (first !== '|' && first !== '>') return start;
  const lineEnd = file.indexOf('\n', start);
  return lineEnd === -1 ? start : lineEnd + 1;
}
