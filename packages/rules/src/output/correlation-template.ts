import { didYouMean } from '@runward/core';
import type { FieldTable } from '../check/field-lookup.js';
import type { Operand } from '../resolve/expression.js';
import { readToken, type TemplateProblem } from './template.js';

/** What is known of a detection besides the fields of its events. */
export const CORRELATION_FACTS = ['count', 'total', 'values', 'key', 'elapsed'] as const;
export type CorrelationFact = (typeof CORRELATION_FACTS)[number];

export type CorrelationToken = {
  /** As written, without `%` and width: the key in `output_fields`. */
  readonly name: string;
  /** Minimum width, 0 for none. */
  readonly width: number;
} & (
  | { readonly kind: 'field'; readonly step: number; readonly operand: Operand }
  | { readonly kind: 'fact'; readonly fact: CorrelationFact }
);

export interface CorrelationTemplate {
  readonly parts: readonly (string | CorrelationToken)[];
}

/**
 * Reads the output of a sequence or threshold: `%step.field` is a field of the event of that step, a field
 * without a step is one of the last event, and `%count`, `%key` and the like say what was found.
 */
export function parseCorrelationTemplate(
  text: string,
  steps: readonly string[],
  table: FieldTable,
  onProblem: (problem: TemplateProblem) => void,
): CorrelationTemplate {
  const parts: (string | CorrelationToken)[] = [];
  let fixed = '';
  let at = text.startsWith('*') ? 1 : 0;
  for (; at < text.length; at++) {
    const char = text.charAt(at);
    if (char !== '%' || text[at + 1] === '%') {
      fixed += char;
      if (char === '%') at += 1;
      continue;
    }
    const found = readFact(text, at) ?? readField(text, at, steps, table, onProblem);
    if (found === undefined) {
      fixed += '%';
      continue;
    }
    if (fixed !== '') parts.push(fixed);
    fixed = '';
    parts.push(found.token);
    at = found.end - 1;
  }
  if (fixed !== '') parts.push(fixed);
  return { parts };
}

interface Found {
  readonly token: CorrelationToken;
  readonly end: number;
}

const FACT = new RegExp(`^%(\\d{0,4})(${CORRELATION_FACTS.join('|')})(?![\\w([]|\\.\\w)`);

function readFact(text: string, at: number): Found | undefined {
  const [all, digits, word] = FACT.exec(text.slice(at, at + 32)) ?? [];
  const fact = CORRELATION_FACTS.find((name) => name === word);
  if (all === undefined || fact === undefined) return undefined;
  return { token: { kind: 'fact', fact, name: fact, width: Number(digits) }, end: at + all.length };
}

function readField(
  text: string,
  at: number,
  steps: readonly string[],
  table: FieldTable,
  onProblem: (problem: TemplateProblem) => void,
): Found | undefined {
  const [, digits = '', scope = ''] = /^%(\d{0,4})([a-z]\w*)\./.exec(text.slice(at, at + 256)) ?? [];
  const step = steps.indexOf(scope);
  const skipped = step < 0 ? 0 : scope.length + 1;
  const start = at + 1 + digits.length;
  // Without its step the token is one of the language; places behind it are shifted back.
  const plain = skipped === 0 ? text : text.slice(0, start) + text.slice(start + skipped);
  const found = readToken(plain, at, table, (problem) => {
    const help = problem.unknownName && problem.help === '' ? didYouMean(scope, steps) : problem.help;
    onProblem({ ...problem, help, end: problem.end + skipped });
  });
  if (found === undefined) return undefined;
  const { name, operand, width } = found.token;
  const which = step < 0 ? Math.max(0, steps.length - 1) : step;
  const full = step < 0 ? name : `${scope}.${name}`;
  return { token: { kind: 'field', step: which, operand, name: full, width }, end: found.end + skipped };
}
