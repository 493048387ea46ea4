import { Scanner, SyntaxProblem } from '../lex/scanner.js';
import { parseCheck } from './check-parser.js';
import type { ConditionSyntax, Extent } from './syntax.js';

/** Parentheses inside parentheses. Later phases recurse over what this lets through. */
export const MAX_CONDITION_DEPTH = 1200;

export interface ConditionProblem extends Extent {
  readonly message: string;
  readonly help: string;
  readonly tooDeep: boolean;
}

/** One open parenthesis (or the whole condition), filled as its parts are read. */
interface Group {
  readonly start: number;
  readonly ors: ConditionSyntax[];
  ands: ConditionSyntax[];
  /** A `not` waits for the next term. */
  negated: boolean;
  negatedFrom: number;
}

const group = (start: number): Group => ({ start, ors: [], ands: [], negated: false, negatedFrom: start });

/**
 * Condition text to syntax tree. Keeps its own stack instead of recursing: nesting depth is the author's
 * choice, the machine's stack is not.
 */
export function parseCondition(text: string): ConditionSyntax | ConditionProblem {
  try {
    return new ConditionParser(text).parse();
  } catch (problem) {
    if (!(problem instanceof SyntaxProblem)) throw problem;
    const { message, help, start, end, tooDeep } = problem;
    return { message, help, start, end, tooDeep };
  }
}

export const isProblem = (r: ConditionSyntax | ConditionProblem): r is ConditionProblem => !('kind' in r);

class ConditionParser {
  readonly #scanner: Scanner;
  readonly #stack: Group[] = [];
  #open: Group = group(0);

  constructor(text: string) {
    this.#scanner = new Scanner(text);
  }

  parse(): ConditionSyntax {
    const scanner = this.#scanner;
    let expectTerm = true;
    for (;;) {
      scanner.skipBlank();
      if (expectTerm) {
        expectTerm = this.#term();
      } else if (scanner.atEnd) {
        return this.#finish();
      } else if (scanner.punctuation(')')) {
        this.#close();
      } else {
        this.#connective();
        expectTerm = true;
      }
    }
  }

  /** Reads `(`, `not` or a check; true when a term is still expected. */
  #term(): boolean {
    const scanner = this.#scanner;
    const at = scanner.position;
    if (scanner.punctuation('(')) {
      this.#stack.push(this.#open);
      if (this.#stack.length > MAX_CONDITION_DEPTH) {
        const message = `condition nested deeper than the limit of ${MAX_CONDITION_DEPTH}`;
        throw new SyntaxProblem(message, 'split it into macros', at, at + 1, true);
      }
      this.#open = group(at);
      return true;
    }
    const word = scanner.name();
    if (word?.text === 'not') {
      if (!this.#open.negated) this.#open.negatedFrom = at;
      this.#open.negated = !this.#open.negated;
      return true;
    }
    if (word?.text === 'and' || word?.text === 'or') {
      throw new SyntaxProblem(
        `expected a term, found \`${word.text}\``,
        'something is missing before it',
        at,
        word.end,
      );
    }
    scanner.position = at;
    this.#push(parseCheck(scanner));
    return false;
  }

  #connective(): void {
    const at = this.#scanner.position;
    const word = this.#scanner.name();
    if (word?.text === 'or') this.#endAnd();
    else if (word?.text !== 'and') {
      const found = this.#scanner.text.slice(at, at + 20).split(/\s/)[0] ?? '';
      throw new SyntaxProblem(`expected \`and\`, \`or\` or the end, found \`${found}\``, '', at, at + 1);
    }
  }

  #push(term: ConditionSyntax): void {
    const { negated, negatedFrom, ands } = this.#open;
    this.#open.negated = false;
    ands.push(negated ? Object.freeze({ kind: 'not', term, start: negatedFrom, end: term.end }) : term);
  }

  #endAnd(): void {
    const { ands, ors } = this.#open;
    ors.push(join('and', ands));
    this.#open.ands = [];
  }

  #close(): void {
    const outer = this.#stack.pop();
    if (outer === undefined) {
      const at = this.#scanner.position - 1;
      throw new SyntaxProblem('`)` without a matching `(`', 'remove it or add `(`', at, at + 1);
    }
    this.#endAnd();
    const term = join('or', this.#open.ors);
    this.#open = outer;
    this.#push(term);
  }

  #finish(): ConditionSyntax {
    if (this.#stack.length > 0) {
      throw new SyntaxProblem('`(` is never closed', 'add `)`', this.#open.start, this.#open.start + 1);
    }
    this.#endAnd();
    return join('or', this.#open.ors);
  }
}

function join(kind: 'and' | 'or', terms: readonly ConditionSyntax[]): ConditionSyntax {
  const first = terms[0];
  const last = terms.at(-1);
  if (first === undefined || last === undefined) throw new SyntaxProblem('empty condition', '', 0, 0);
  if (terms.length === 1) return first;
  return Object.freeze({ kind, terms, start: first.start, end: last.end });
}
