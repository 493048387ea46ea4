/** What one profile keeps at most. What is beyond is counted, and told by `profile show`. */
export const LIMITS = {
  files: 20_000,
  /** New names in one directory beyond this are kept as one, `DIRECTORY/*`. */
  filesPerDirectory: 512,
  processes: 2_000,
  network: 4_000,
  /** Addresses for one port and operation; further ones are kept as `''`, any. */
  addressesPerPort: 64,
  executables: 2_000,
  names: 1_000,
  argumentSamples: 8,
  argumentLength: 512,
  by: 16,
  uids: 64,
  containers: 256,
  sessions: 64,
} as const;

/** Lists of what did something hold few entries, so that looking through them is cheapest. */
export function addBy(by: number[], executable: number): boolean {
  if (by.length >= LIMITS.by || by.includes(executable)) return false;
  by.push(executable);
  return true;
}
