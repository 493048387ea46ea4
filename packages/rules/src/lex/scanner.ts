import { isOperatorWord, type OperatorWord } from './operators.js';
import { unescapeQuoted } from './quoting.js';

/** A problem of the text itself; caught by the parser, never leaves the room. */
export class SyntaxProblem extends Error {
  constructor(
    message: string,
    readonly help: string,
    readonly start: number,
    readonly end: number,
    readonly tooDeep = false,
  ) {
    super(message);
  }
}

export interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export interface ValueToken extends Token {
  readonly quoted: boolean;
}

const NAME = /[a-zA-Z][a-zA-Z0-9_]*(?:\.[a-zA-Z][a-zA-Z0-9_]*)*/y;
const BARE = /[^()"'\s=,]+/y;
const BARE_ARGUMENT = /[^[\]"'\s]+/y;
const SYMBOL = /<=|>=|==|!=|<|>|=/y;
const WORD = /[a-z]+/y;
const BLANK = /[ \t\n\r\b]*/y;

/**
 * Reads tokens on demand. The language is context-dependent (`a-b` is one value but no name), so the parser
 * says what it expects next and the scanner answers whether it is there.
 */
export class Scanner {
  position = 0;
  constructor(public text: string) {}

  get atEnd(): boolean {
    return this.position >= this.text.length;
  }

  skipBlank(): void {
    BLANK.lastIndex = this.position;
    BLANK.test(this.text);
    this.position = BLANK.lastIndex;
  }

  punctuation(symbol: string): boolean {
    if (!this.text.startsWith(symbol, this.position)) return false;
    this.position += symbol.length;
    return true;
  }

  peekIs(symbol: string): boolean {
    return this.text.startsWith(symbol, this.position);
  }

  name(): Token | undefined {
    return this.#match(NAME);
  }

  /** The operator standing here, if any. */
  operator(): (Token & { readonly text: OperatorWord }) | undefined {
    const from = this.position;
    const token = this.#match(SYMBOL) ?? this.#match(WORD);
    if (token !== undefined && isOperatorWord(token.text)) return { ...token, text: token.text };
    this.position = from;
    return undefined;
  }

  word(): Token | undefined {
    return this.#match(WORD);
  }

  value(): ValueToken | undefined {
    const quoted = this.#quoted();
    if (quoted !== undefined) return quoted;
    const bare = this.#match(BARE);
    return bare === undefined ? undefined : { ...bare, quoted: false };
  }

  argument(): ValueToken | undefined {
    const quoted = this.#quoted();
    if (quoted !== undefined) return quoted;
    const bare = this.#match(BARE_ARGUMENT);
    return bare === undefined ? undefined : { ...bare, quoted: false };
  }

  #quoted(): ValueToken | undefined {
    const delimiter = this.text[this.position];
    if (delimiter !== '"' && delimiter !== "'") return undefined;
    const start = this.position;
    let end = start + 1;
    while (end < this.text.length && this.text[end] !== delimiter) end += this.text[end] === '\\' ? 2 : 1;
    if (end >= this.text.length) {
      throw new SyntaxProblem(
        `unterminated ${delimiter} string`,
        `close it with ${delimiter}`,
        start,
        start + 1,
      );
    }
    this.position = end + 1;
    const text = unescapeQuoted(this.text, start + 1, end);
    return { text, start, end: end + 1, quoted: true };
  }

  #match(pattern: RegExp): Token | undefined {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text);
    if (found === null) return undefined;
    const start = this.position;
    this.position = pattern.lastIndex;
    return { text: found[0], start, end: this.position };
  }
}
