import type { CodeWriter } from './code-writer.js';
import type { FieldFacet } from './field-facet.js';
import type { IndexStep } from './rule-index.js';
import type { RuleMask } from './value-memo.js';

/** Something of each word of a mask; the words of the rules still possible are the local variables `w0`, `w1`, … */
export const eachWord = (words: number, text: (word: number) => string): readonly string[] =>
  Array.from({ length: words }, (_, word) => text(word));

export const anyLeft = (words: number): string => eachWord(words, (w) => `w${w}`).join(' | ');

/** Keeps, of the rules in the mask, those whose bits are kept. */
export const keep = (kept: (word: number) => string, mask: RuleMask): string =>
  mask.flatMap((bits, w) => (bits === 0 ? [] : [`w${w} &= ${kept(w)};`])).join(' ');

const concerned = (mask: RuleMask): string =>
  `(${mask.flatMap((bits, w) => (bits === 0 ? [] : [`(w${w} & ${bits})`])).join(' | ')}) !== 0`;

/** One step of the index as text. */
export function stepText<View>(
  step: IndexStep,
  facetOf: (step: IndexStep) => FieldFacet<View> | undefined,
  writer: CodeWriter<View>,
): string {
  const facet = facetOf(step);
  if (facet !== undefined) {
    const find = `const m = ${writer.facet(facet)};`;
    return `if (${concerned(step.mask)}) { ${find} ${keep((w) => `m[${w}]`, step.mask)} }`;
  }
  if (step.kind === 'value') return '';
  const drop = keep((w) => `${~(step.mask[w] ?? 0)}`, step.mask);
  return `if (${concerned(step.mask)} && !${writer.expression(step.test)}) { ${drop} }`;
}
