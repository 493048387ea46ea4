import { createHash, timingSafeEqual } from 'node:crypto';
import { ALG } from '../structures/algorithms.js';
import { parseQuote, type Quote } from '../structures/attest.js';
import { digestOfPcrs, PCR_BYTES, type PcrValues } from '../structures/pcr-values.js';
import { nameOf, parsePublic } from '../structures/public-area.js';
import { parseSignature } from '../structures/signature.js';
import { holdsSignature } from '../verify/signature.js';
import { type Distrust, distrust } from './reason.js';

/** What a node hands over of its TPM. */
export interface QuotedPcrs {
  /** TPMT_PUBLIC of the key that it signed with. */
  readonly key: Uint8Array;
  /** TPMS_ATTEST. */
  readonly attest: Uint8Array;
  /** TPMT_SIGNATURE. */
  readonly signature: Uint8Array;
  readonly values: PcrValues;
}

export interface Expected {
  /** TPMT_PUBLIC of the attestation key that was bound when the node enrolled. */
  readonly key: Uint8Array;
  /** What the quote has to hold. */
  readonly extraData: Uint8Array;
  /** Of quotes that were accepted before. */
  readonly seen: readonly Uint8Array[];
  /** How often the TPM had been reset at the last quote. */
  readonly resets: number;
}

/** The registers that are quoted: what firmware, loader, kernel and IMA measure. */
export const QUOTED = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15] as const;

/**
 * Whether this TPM said so, now, to this challenge. The values are the node's word until their digest is found in what the
 * TPM signed.
 *
 * @throws TpmError TPM_MALFORMED, TPM_UNSUPPORTED
 */
export function checkGenuine(told: QuotedPcrs, expected: Expected): Quote | Distrust {
  const key = parsePublic(expected.key);
  const signature = parseSignature(told.signature);
  if (!holdsSignature(key, told.attest, signature)) return byWhom(told, expected);
  const quote = parseQuote(told.attest);
  if (!isSame(quote.extraData, expected.extraData))
    return expected.seen.some((each) => isSame(each, quote.extraData))
      ? distrust('replayed', 'the quote was accepted before: it answers an earlier challenge')
      : distrust('wrong-nonce', 'the quote does not answer the challenge of this connection');
  if (quote.clock.resets < expected.resets)
    return distrust(
      'rolled-back',
      `the TPM says it was reset ${quote.clock.resets} times, at the last quote ${expected.resets}`,
    );
  return valuesOf(quote, told.values, signature.hash) ?? quote;
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b);

/** Of a quote that the bound key did not sign: by the key that the node itself names, or by none. */
function byWhom(told: QuotedPcrs, expected: Expected): Distrust {
  const shown = parsePublic(told.key);
  const isOther = !nameOf(told.key, shown).equals(nameOf(expected.key, parsePublic(expected.key)));
  if (isOther && holdsSignature(shown, told.attest, parseSignature(told.signature)))
    return distrust(
      'another-tpm',
      `the quote is signed by the key ${fingerprintOf(told.key)} of another TPM, not by ${fingerprintOf(expected.key)}: the node’s disk may have been copied`,
    );
  return distrust('signature', 'the quote is not signed by the node’s attestation key');
}

/** Of a public area, as it is shown to people. */
export const fingerprintOf = (publicArea: Uint8Array): string =>
  createHash('sha256').update(publicArea).digest('hex').slice(0, 16);

function valuesOf(
  { selections, pcrDigest }: Quote,
  values: PcrValues,
  algorithm: number,
): Distrust | undefined {
  const [selection, ...more] = selections;
  const isWhole =
    selection?.bank === ALG.sha256 && more.length === 0 && selection.registers.join() === QUOTED.join();
  if (!isWhole) return distrust('pcr-values', 'the quote is over other registers than were asked for');
  if (algorithm !== ALG.sha256) return distrust('pcr-values', 'the quote is not signed over SHA-256');
  if (QUOTED.some((register) => values.get(register)?.length !== PCR_BYTES))
    return distrust('pcr-values', 'the values of registers are missing');
  return digestOfPcrs(values, QUOTED).equals(pcrDigest)
    ? undefined
    : distrust('pcr-values', 'the values of the registers are not those the TPM signed');
}
