import { readFileSync } from 'node:fs';
import { messageOf, OutputError } from '../error.js';

/** Text that must not be shown, and where it is; read each time, so that it can be changed. */
export type Secret =
  | { readonly kind: 'plain'; readonly text: string }
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string };

/** @throws OutputError `OUTPUT_SECRET` */
export function readSecret(secret: Secret): string {
  if (secret.kind === 'plain') return secret.text;
  if (secret.kind === 'env') {
    const text = process.env[secret.name];
    if (text !== undefined && text !== '') return text;
    throw new OutputError('OUTPUT_SECRET', `the variable \`${secret.name}\` is not set`, {
      help: 'set it for the process that sends',
    });
  }
  return readCredential(secret.path).toString('utf8').trimEnd();
}

/** A certificate, key or secret. @throws OutputError `OUTPUT_SECRET` */
export function readCredential(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new OutputError('OUTPUT_SECRET', `\`${path}\` cannot be read: ${messageOf(cause)}`, {
      help: 'check that the file exists and that this process may read it',
      cause,
    });
  }
}

/** Files of a TLS connection; without `ca` the authorities that come with Node.js. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** @throws OutputError `OUTPUT_SECRET` */
export const tlsOptions = ({ ca, cert, key }: TlsFiles) => ({
  ...(ca === undefined ? {} : { ca: readCredential(ca) }),
  ...(cert === undefined ? {} : { cert: readCredential(cert) }),
  ...(key === undefined ? {} : { key: readCredential(key) }),
});
