import { unsupported } from '../error.js';
import { Reader } from '../wire/reader.js';
import { ALG } from './algorithms.js';

/** TPMT_SIGNATURE. */
export type Signature =
  | { readonly scheme: 'rsassa' | 'rsapss'; readonly hash: number; readonly value: Buffer }
  | { readonly scheme: 'ecdsa'; readonly hash: number; readonly r: Buffer; readonly s: Buffer };

/** @throws TpmError TPM_MALFORMED, TPM_UNSUPPORTED */
export function parseSignature(bytes: Uint8Array): Signature {
  const read = new Reader(bytes, 'a signature');
  const algorithm = read.u16();
  const signature = signatureFrom(read, algorithm);
  read.end();
  return signature;
}

function signatureFrom(read: Reader, algorithm: number): Signature {
  switch (algorithm) {
    case ALG.rsaSsa:
      return { scheme: 'rsassa', hash: read.u16(), value: read.sized() };
    case ALG.rsaPss:
      return { scheme: 'rsapss', hash: read.u16(), value: read.sized() };
    case ALG.ecdsa:
      return { scheme: 'ecdsa', hash: read.u16(), r: read.sized(), s: read.sized() };
    default:
      throw unsupported(`the signature scheme 0x${algorithm.toString(16)}`);
  }
}
