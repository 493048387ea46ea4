import { MAX_EXAMPLES, MAX_OUTPUT_CHARS, type Tallied } from './report.js';

const cut = (text: string): string =>
  text.length <= MAX_OUTPUT_CHARS ? text : `${text.slice(0, MAX_OUTPUT_CHARS)}…`;

/** Counts detections and keeps a few of them. */
export const tallyOne = (sum: Tallied | undefined, time: string, output: string): Tallied => {
  const text = cut(output);
  return sum === undefined
    ? { count: 1, firstAt: time, lastAt: time, firstOutput: text, lastOutput: text, examples: [text] }
    : {
        ...sum,
        count: sum.count + 1,
        lastAt: time,
        lastOutput: text,
        examples: withExample(sum.examples, text),
      };
};

const withExample = (examples: readonly string[], text: string): readonly string[] =>
  examples.length >= MAX_EXAMPLES || examples.includes(text) ? examples : [...examples, text];

/** The same of two files. */
export function addTallied(a: Tallied | undefined, b: Tallied | undefined): Tallied | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const [early, late] = a.firstAt <= b.firstAt ? [a, b] : [b, a];
  const last = a.lastAt > b.lastAt ? a : b;
  return {
    count: a.count + b.count,
    firstAt: early.firstAt,
    firstOutput: early.firstOutput,
    lastAt: last.lastAt,
    lastOutput: last.lastOutput,
    examples: late.examples.reduce(withExample, early.examples),
  };
}
