import type { SourceSpan } from '@runward/core';

export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

interface Piece {
  readonly start: number;
  readonly text: string;
  /** Where the character at an offset of this piece stands in its file. */
  readonly locate: (offset: number) => Position;
}

const NOWHERE = (): Position => ({ file: '', line: 1, column: 1 });

const firstPlace = (parts: readonly (SourceText | string)[]): ((offset: number) => Position) =>
  parts.find((part) => typeof part !== 'string')?.locateStart ?? NOWHERE;

/**
 * Text of the language together with where each part of it was written.
 *
 * A condition may be glued together from several places (append, exceptions), and YAML folds and unescapes
 * it; spans still point at the characters the author typed.
 */
export class SourceText {
  readonly text: string;
  readonly #pieces: readonly Piece[];

  private constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
    this.text = pieces.length === 1 ? (pieces[0]?.text ?? '') : pieces.map((p) => p.text).join('');
  }

  static from(text: string, locate: (offset: number) => Position): SourceText {
    return new SourceText([{ start: 0, text, locate }]);
  }

  /** Text that stands in no YAML file: a filter of the command line. */
  static plain(text: string, file: string): SourceText {
    return SourceText.from(text, (offset) => {
      const before = text.slice(0, offset);
      const lastBreak = before.lastIndexOf('\n');
      return { file, line: before.split('\n').length, column: offset - lastBreak };
    });
  }

  /** Joins texts; a bare string takes the place of the text before it, or after it at the start. */
  static concat(parts: readonly (SourceText | string)[]): SourceText {
    const pieces: Piece[] = [];
    let start = 0;
    let anchor: ((offset: number) => Position) | undefined;
    for (const part of parts) {
      if (typeof part === 'string') {
        const at = anchor ?? firstPlace(parts);
        pieces.push({ start, text: part, locate: () => at(0) });
        start += part.length;
        continue;
      }
      for (const piece of part.#pieces) {
        pieces.push({ ...piece, start });
        start += piece.text.length;
        anchor = piece.locate;
      }
    }
    return new SourceText(pieces);
  }

  get locateStart(): (offset: number) => Position {
    return this.#pieces[0]?.locate ?? NOWHERE;
  }

  span(start: number, end: number): SourceSpan {
    const from = this.#locate(start);
    const to = end > start ? this.#locate(end - 1) : from;
    const sameFile = to.file === from.file && (to.line > from.line || to.column >= from.column);
    const last = sameFile ? to : from;
    return {
      file: from.file,
      line: from.line,
      column: from.column,
      endLine: last.line,
      endColumn: last.column + (end > start ? 1 : 0),
    };
  }

  #locate(offset: number): Position {
    let found = this.#pieces[0];
    for (const piece of this.#pieces) {
      if (piece.start > offset) break;
      found = piece;
    }
    if (found === undefined) return { file: '', line: 1, column: 1 };
    return found.locate(Math.min(Math.max(0, offset - found.start), found.text.length));
  }
}
