import { createHash } from 'node:crypto';

/** The values of one bank, by register. */
export type PcrValues = ReadonlyMap<number, Buffer>;

export const REGISTERS = 24;
/** Of SHA-256: the bank that is quoted. */
export const PCR_BYTES = 32;

/** What a register is when a machine starts: those of the dynamic launch (17 to 22) are all ones until it happens. */
export const initialPcr = (register: number): Buffer =>
  Buffer.alloc(PCR_BYTES, register >= 17 && register <= 22 ? 0xff : 0);

export const extend = (value: Uint8Array, digest: Uint8Array): Buffer =>
  createHash('sha256').update(value).update(digest).digest();

/** What a quote has of these registers. */
export function digestOfPcrs(values: PcrValues, registers: readonly number[], hash = 'sha256'): Buffer {
  const digest = createHash(hash);
  for (const register of [...registers].sort((a, b) => a - b)) digest.update(values.get(register) ?? '');
  return digest.digest();
}
