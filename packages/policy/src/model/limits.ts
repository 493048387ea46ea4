/** What a policy may hold. Whatever exceeds one of these is an error that names it; nothing is ever cut. */
export const LIMITS = {
  /** Characters of one file. */
  fileCharacters: 8 * 1024 * 1024,
  /** Documents in one file. */
  documents: 1000,
  /** Entries of one `allow` or `deny` list. */
  lines: 20_000,
  /** Entries of a list inside a line or a selector: `except`, `from`, `sha256`, `cidrs`, … */
  entries: 256,
  /** Bytes of a path pattern: Linux' PATH_MAX. */
  patternBytes: 4096,
  /** Characters of a pattern over arguments or names, of an owner, a version. */
  textCharacters: 1024,
  /** Characters of a description or comment. */
  proseCharacters: 16_384,
  /** Characters of a policy's name. */
  nameCharacters: 200,
} as const;
