export { toJson, visible } from '@runward/core';

const RESET = '\u001b[0m';
const COLOURS = {
  red: '\u001b[31m',
  yellow: '\u001b[33m',
  cyan: '\u001b[36m',
  dim: '\u001b[2m',
  bold: '\u001b[1m',
} as const;
export type Colour = keyof typeof COLOURS;

export type Paint = (colour: Colour, text: string) => string;

/** Colours only for people: a terminal, and NO_COLOR (no-color.org) not set. */
export const paintFor = (stream: { readonly isTTY?: boolean }): Paint =>
  stream.isTTY === true && (process.env.NO_COLOR ?? '') === ''
    ? (c, text) => `${COLOURS[c]}${text}${RESET}`
    : (_, text) => text;

/** Columns padded to their widest cell; the last one is left as it is. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
