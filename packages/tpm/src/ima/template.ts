import { createHash } from 'node:crypto';
import { unsupported } from '../error.js';
import { Reader } from '../wire/reader.js';
import type { ImaEntry, ImaFile } from './entry.js';

/** The fields of a template, in their order. Only names that are known: what is not understood is not compared. */
const FIELDS: Readonly<Record<string, readonly ('digest' | 'path' | 'signature' | 'other')[]>> = {
  'ima-ng': ['digest', 'path'],
  'ima-sig': ['digest', 'path', 'signature'],
  'ima-buf': ['digest', 'path', 'other'],
  'ima-modsig': ['digest', 'path', 'signature', 'digest', 'other'],
  'ima-ngv2': ['digest', 'path'],
  'ima-sigv2': ['digest', 'path', 'signature'],
};

const DIGEST_BYTES: Readonly<Record<string, number>> = {
  md5: 16,
  sha1: 20,
  sha256: 32,
  sha384: 48,
  sha512: 64,
};

/** @throws TpmError TPM_MALFORMED, TPM_UNSUPPORTED */
export function readTemplate(template: string, data: Buffer): ImaFile {
  const fields = Object.hasOwn(FIELDS, template) ? FIELDS[template] : undefined;
  if (fields === undefined) throw unsupported(`the IMA template \`${template.slice(0, 32)}\``);
  const read = new Reader(data, 'a measurement');
  const file: { hash: string; path: string; signature: Buffer | undefined } = {
    hash: '',
    path: '',
    signature: undefined,
  };
  for (const field of fields) {
    const value = read.bytes(read.u32le());
    if (field === 'digest') file.hash ||= digestText(value);
    else if (field === 'path') file.path = pathText(value);
    else if (field === 'signature' && value.length > 0) file.signature ??= value;
  }
  read.end();
  return file;
}

/** `sha256:\0` and the digest; of the second version `ima:sha256:\0` or `verity:sha256:\0`. */
function digestText(value: Buffer): string {
  const end = value.indexOf(0);
  const [, kind = '', algorithm = ''] =
    /^(?:(ima|verity):)?([a-z0-9-]{1,20}):$/.exec(value.toString('latin1', 0, Math.max(0, end))) ?? [];
  const digest = value.subarray(end + 1);
  if (algorithm === '' || (DIGEST_BYTES[algorithm] ?? digest.length) !== digest.length) return '';
  return `${kind === 'verity' ? 'verity:' : ''}${algorithm}:${digest.toString('hex')}`;
}

const pathText = (value: Buffer): string =>
  value.toString('utf8', 0, value.at(-1) === 0 ? value.length - 1 : value.length);

export const templateDigest = (hash: string, data: Uint8Array): Buffer =>
  createHash(hash).update(data).digest();

/** What the list says of itself: the digest it shows is of the data it shows. */
export const isSound = ({ digest, data, isViolation }: ImaEntry): boolean =>
  isViolation || templateDigest('sha1', data).equals(digest);
