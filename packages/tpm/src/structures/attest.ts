import { unsupported } from '../error.js';
import { Reader } from '../wire/reader.js';
import { type PcrSelection, readSelections } from './pcr-selection.js';

const GENERATED = 0xff544347;
const ST_ATTEST_QUOTE = 0x8018;

/** TPMS_ATTEST of a quote. */
export interface Quote {
  /** Of the key that signed: the Name of the key below those of its parents. */
  readonly qualifiedSigner: Buffer;
  /** What the challenger gave. */
  readonly extraData: Buffer;
  readonly clock: {
    /** Milliseconds the TPM was powered, ever. */
    readonly clockMs: bigint;
    /** How often it was reset: a boot is one more. */
    readonly resets: number;
    readonly restarts: number;
    readonly isSafe: boolean;
  };
  readonly firmware: bigint;
  readonly selections: readonly PcrSelection[];
  /** Over the selected registers, in the hash of the signature. */
  readonly pcrDigest: Buffer;
}

/** @throws TpmError TPM_MALFORMED, TPM_UNSUPPORTED */
export function parseQuote(bytes: Uint8Array): Quote {
  const read = new Reader(bytes, 'an attestation');
  if (read.u32() !== GENERATED) throw read.bad('it does not say that a TPM made it');
  const type = read.u16();
  if (type !== ST_ATTEST_QUOTE) throw unsupported(`an attestation of the kind 0x${type.toString(16)}`);
  const [qualifiedSigner, extraData] = [read.sized(), read.sized()];
  const clock = { clockMs: read.u64(), resets: read.u32(), restarts: read.u32(), isSafe: read.u8() !== 0 };
  const firmware = read.u64();
  const quote = { selections: readSelections(read), pcrDigest: read.sized() };
  read.end();
  return { qualifiedSigner, extraData, clock, firmware, ...quote };
}
