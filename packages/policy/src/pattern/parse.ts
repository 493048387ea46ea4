import type { ByteRange, Glob, GlobNode } from './glob.js';
import { literal } from './glob.js';

/** Braces within braces. */
export const MAX_BRACE_DEPTH = 8;

/** Why a text is no glob: what, in words that go behind the pattern, and where in it. */
export interface GlobProblem {
  readonly message: string;
  readonly help: string;
  readonly offset: number;
}

export type ParsedGlob =
  | { readonly glob: Glob; readonly problem?: undefined }
  | { readonly glob?: undefined; readonly problem: GlobProblem };

/**
 * The glob of a path. Within a component: `*`, `?`, `[a-z]`, `[!a-z]`, `{a,b}`; `\` takes the next character as it
 * is. `**` goes across components: as a whole component in the middle it stands for any number of directories, none
 * included; at the end for everything below, at least one component; anywhere else for any text.
 */
export const parsePathGlob = (text: string): ParsedGlob => parse(text, false);

/** The glob of a text in which `/` is a character like any other: arguments, image names, namespaces. */
export const parseTextGlob = (text: string): ParsedGlob => parse(text, true);

function parse(text: string, slash: boolean): ParsedGlob {
  try {
    return { glob: new Parser(text, slash).parse() };
  } catch (error) {
    if (error instanceof Mistake) return { problem: error.problem };
    throw error;
  }
}

class Mistake extends Error {
  constructor(readonly problem: GlobProblem) {
    super(problem.message);
  }
}

class Parser {
  #at = 0;

  constructor(
    readonly text: string,
    readonly slash: boolean,
  ) {}

  parse(): Glob {
    const glob = this.#sequence(0);
    return this.#at < this.text.length ? this.#fail('has a `}` that closes nothing', 'write `\\}`') : glob;
  }

  #sequence(depth: number): Glob {
    const nodes: GlobNode[] = [];
    let plain = '';
    const add = (node: GlobNode): void => {
      if (plain !== '') nodes.push(literal(plain));
      plain = '';
      nodes.push(node);
    };
    while (this.#at < this.text.length) {
      const char = this.text[this.#at] ?? '';
      if (char === '}' || (char === ',' && depth > 0)) break;
      if (char === '*') add(this.#stars(depth));
      else if (char === '?') add(this.#take({ kind: 'one', slash: this.slash }));
      else if (char === '[') add(this.#set());
      else if (char === '{') add(this.#braces(depth + 1));
      else {
        if (char === '\\') this.#escape();
        plain += this.text[this.#at] ?? '';
        this.#at += 1;
      }
    }
    if (plain !== '') nodes.push(literal(plain));
    return nodes;
  }

  #take(node: GlobNode): GlobNode {
    this.#at += 1;
    return node;
  }

  #escape(): void {
    if (this.#at + 1 >= this.text.length)
      this.#fail('ends in a `\\`', 'write `\\\\` for the character itself');
    this.#at += 1;
  }

  #stars(depth: number): GlobNode {
    const start = this.#at;
    while (this.text[this.#at] === '*') this.#at += 1;
    const count = this.#at - start;
    if (this.slash) return { kind: 'many', slash: true, atLeast: 0 };
    if (count === 1) return { kind: 'many', slash: false, atLeast: 0 };
    if (count > 2) {
      this.#at = start;
      this.#fail(`has ${count} stars in a row`, '`*` stays within a component, `**` goes across');
    }
    const wholeStart = depth === 0 && this.text[start - 1] === '/';
    if (wholeStart && this.#at === this.text.length) return { kind: 'many', slash: true, atLeast: 1 };
    if (wholeStart && this.text[this.#at] === '/') return this.#take({ kind: 'directories' });
    return { kind: 'many', slash: true, atLeast: 0 };
  }

  #braces(depth: number): GlobNode {
    const start = this.#at;
    if (depth > MAX_BRACE_DEPTH) {
      this.#fail(`nests braces deeper than the limit of ${MAX_BRACE_DEPTH}`, 'write several lines');
    }
    const branches: Glob[] = [];
    do {
      this.#at += 1;
      branches.push(this.#sequence(depth));
    } while (this.text[this.#at] === ',');
    if (this.text[this.#at] !== '}') {
      this.#at = start;
      this.#fail('has a `{` that is not closed', 'write `\\{` for the character itself');
    }
    return this.#take({ kind: 'alternatives', branches });
  }

  #set(): GlobNode {
    const start = this.#at;
    this.#at += 1;
    const negated = this.text[this.#at] === '!' || this.text[this.#at] === '^';
    if (negated) this.#at += 1;
    const ranges: ByteRange[] = [];
    while (this.#at < this.text.length && (this.text[this.#at] !== ']' || ranges.length === 0)) {
      const first = this.#setByte();
      const isRange = this.text[this.#at] === '-' && !']'.includes(this.text[this.#at + 1] ?? ']');
      if (isRange) this.#at += 1;
      const last = isRange ? this.#setByte() : first;
      if (last < first) this.#fail('has a range whose end comes before its start', 'swap the two');
      ranges.push({ first, last });
    }
    if (this.text[this.#at] !== ']') {
      this.#at = start;
      this.#fail('has a `[` that is not closed', 'write `\\[` for the character itself');
    }
    return this.#take({ kind: 'set', ranges, negated, slash: this.slash });
  }

  #setByte(): number {
    if (this.text[this.#at] === '\\') this.#escape();
    const code = this.text.charCodeAt(this.#at);
    if (code > 0x7e || code < 0x20) {
      this.#fail(
        'has a character in `[ ]` that is not printable ASCII',
        'write the alternatives as `{ä,ö}`: `[ ]` and `?` stand for one byte',
      );
    }
    if (code === 0x2f && !this.slash) this.#fail('has a `/` in `[ ]`, which never matches one', 'remove it');
    this.#at += 1;
    return code;
  }

  #fail(message: string, help: string): never {
    throw new Mistake({ message, help, offset: this.#at });
  }
}
