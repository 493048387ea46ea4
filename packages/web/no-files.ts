/** In place of `node:fs`: a browser has no files. */
export function readFileSync(): never {
  throw new Error('a browser has no files');
}
