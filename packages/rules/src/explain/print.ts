import { OPERATORS } from '../lex/operators.js';
import { quoteValue } from '../lex/quoting.js';
import type { CheckExpression, Expression } from '../resolve/expression.js';

/** Shared parts are written out at each use, so the text can be far bigger than the condition. */
const MAX_LENGTH = 200_000;

/** A resolved condition as text of the language; reading it back gives the same condition. */
export function printCondition(node: Expression, maxLength = MAX_LENGTH): string {
  const printer = new Printer(maxLength);
  printer.write(node, false);
  return printer.text;
}

class Printer {
  text = '';
  #full = false;

  constructor(readonly maxLength: number) {}

  write(node: Expression, inner: boolean): void {
    switch (node.kind) {
      case 'constant':
        // The language has no word for it; events are numbered from 1.
        this.#append(node.value ? 'evt.num >= 0' : 'evt.num = 0');
        return;
      case 'check':
        this.#append(printCheck(node));
        return;
      case 'not':
        this.#append('not ');
        this.write(node.term, true);
        return;
      default:
        if (inner) this.#append('(');
        for (const [i, term] of node.terms.entries()) {
          if (this.#full) return;
          if (i > 0) this.#append(` ${node.kind} `);
          this.write(term, true);
        }
        if (inner) this.#append(')');
    }
  }

  #append(part: string): void {
    if (this.#full) return;
    this.#full = this.text.length + part.length > this.maxLength;
    this.text += this.#full ? '…' : part;
  }
}

export function printCheck({ left, operator, values, exactlyOne, right }: CheckExpression): string {
  const head = `${left.key} ${operator}`;
  if (right !== undefined) return `${head} ${right.kind === 'field' ? `val(${right.key})` : right.key}`;
  const takes = OPERATORS[operator];
  if (takes === 'nothing') return head;
  const list = `(${values.map(quoteValue).join(', ')})`;
  if (takes === 'list') return `${head} ${list}`;
  const [only] = values;
  if (only !== undefined && values.length === 1) return `${head} ${quoteValue(only)}`;
  return `${head} ${exactlyOne ? 'oneof' : 'anyof'} ${list}`;
}
