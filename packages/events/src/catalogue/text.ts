/** Bytes shown of a buffer; the rest is in `evt.buffer`. */
const SHOWN = 80;

/** Bytes as ASCII text, with a dot for what cannot be printed. */
export function printable(data: Uint8Array): string {
  let text = '';
  for (const byte of data.subarray(0, SHOWN))
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
  return text;
}

/** Remembers the last answer: events come in runs about the same file. */
function remembered(part: (path: string) => string): (path: string) => string {
  let last = { path: '', part: part('') };
  return (path) => {
    if (path !== last.path) last = { path, part: part(path) };
    return last.part;
  };
}

/** The directory of a path: all before the last slash, `/` for what lies in the root. */
export const directoryOf = remembered((path) => {
  const slash = path.lastIndexOf('/');
  return slash > 0 ? path.slice(0, slash) : '/';
});

/** The last component of a path. */
export const fileNameOf = remembered((path) => path.slice(path.lastIndexOf('/') + 1));

/**
 * Whether `text` matches a shell pattern of `*` and `?`, where `*` spans slashes too. Takes at most
 * `pattern × text` steps: one star is remembered at a time.
 */
export function globMatches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    const wanted = pattern[p];
    if (wanted === '*') {
      star = p++;
      resume = t;
    } else if (wanted !== undefined && (wanted === '?' || wanted === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
