import { extend, PCR_BYTES } from '../structures/pcr-values.js';
import type { ImaEntry } from './entry.js';
import { templateDigest } from './template.js';

export const IMA_REGISTER = 10;

/** What is extended of an entry: all ones of a violation, which the list shows as zeros. */
const perBank = ({ data, isViolation }: ImaEntry): Buffer =>
  isViolation ? Buffer.alloc(PCR_BYTES, 0xff) : templateDigest('sha256', data);
/** Before Linux 5.8 (commit 1ea973df6e21): the digest of SHA-1, with zeros behind it. */
const older = ({ digest, isViolation }: ImaEntry): Buffer =>
  isViolation
    ? Buffer.concat([Buffer.alloc(20, 0xff), Buffer.alloc(12)])
    : Buffer.concat([digest, Buffer.alloc(12)]);

/**
 * After how many entries the register has the quoted value, beginning with `from`; undefined: after none. Entries may follow:
 * the list goes on while it is read.
 */
export function imaPrefix(entries: readonly ImaEntry[], from: Buffer, quoted: Buffer): number | undefined {
  for (const digest of [perBank, older]) {
    const found = prefixBy(entries, from, quoted, digest);
    if (found !== undefined) return found;
  }
  return undefined;
}

function prefixBy(
  entries: readonly ImaEntry[],
  from: Buffer,
  quoted: Buffer,
  digest: (entry: ImaEntry) => Buffer,
): number | undefined {
  if (from.equals(quoted)) return 0;
  let value = from;
  for (const [at, entry] of entries.entries()) {
    if (entry.register === IMA_REGISTER) value = extend(value, digest(entry));
    if (value.equals(quoted)) return at + 1;
  }
  return undefined;
}
