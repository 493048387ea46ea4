/** Pieces are at least this long, in characters: small enough to be forgotten soon, big enough not to be many. */
const PIECE = 64 * 1024;

export interface Piece {
  readonly start: number;
  readonly text: string;
}

/**
 * A long file of items cut before some of its `- ` lines, so that the syntax trees of one piece can be forgotten
 * before the next is read: of a file of 10 MB they take a gigabyte.
 *
 * @returns undefined where the file must be read as a whole: it is short, or not plainly one list of items. Pieces
 * that turn out to hold anything but items mean the same; what they say alone is not what they say together.
 */
export function splitItems(text: string): readonly Piece[] | undefined {
  if (text.length < 2 * PIECE || /^(?:---|\.\.\.|%)/m.test(text)) return undefined;
  const pieces: Piece[] = [];
  let start = 0;
  while (start < text.length) {
    const cut = start + PIECE >= text.length ? -1 : text.indexOf('\n- ', start + PIECE);
    const end = cut === -1 ? text.length : cut + 1;
    pieces.push({ start, text: text.slice(start, end) });
    start = end;
  }
  return pieces;
}
