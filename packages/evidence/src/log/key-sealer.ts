/** Hardware that keeps keys: what it sealed only it gives back. */
export interface KeySealer {
  seal(secret: Uint8Array): Promise<Uint8Array>;
  /** undefined: another sealed it, or it was changed. Rejects when that cannot be told. */
  unseal(sealed: Uint8Array): Promise<Uint8Array | undefined>;
}

/** Where the private key of a segment is kept: in the clear on the disk of the node, or sealed to its TPM. */
export type KeyPlace = 'disk' | 'tpm';

const HEAD = '-----BEGIN RUNWARD SEALED KEY-----';
const TAIL = '-----END RUNWARD SEALED KEY-----';

export const isSealed = (text: string): boolean => text.startsWith(HEAD);

/** As it stands in a file. */
export const sealedText = (sealed: Uint8Array): string =>
  `${HEAD}\n${Buffer.from(sealed)
    .toString('base64')
    .replace(/.{1,64}/g, '$&\n')}${TAIL}\n`;

export const sealedBytes = (text: string): Buffer =>
  Buffer.from(text.replace(HEAD, '').replace(TAIL, ''), 'base64');
