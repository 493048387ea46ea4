import { readFileSync } from 'node:fs';
import { RespondError } from '../error.js';

/** Where a text is that must not be shown; read each time, so that it can be changed. */
export type SecretPlace =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string };

/** @throws RespondError RESPOND_SECRET */
export function readSecret(place: SecretPlace): string {
  const text =
    place.kind === 'env'
      ? (process.env[place.name] ?? '')
      : readCredential(place.path).toString('utf8').trim();
  if (text !== '') return text;
  const where =
    place.kind === 'env' ? `the variable \`${place.name}\` is not set` : `\`${place.path}\` is empty`;
  throw new RespondError('RESPOND_SECRET', where, { help: 'the settings of responses say that it is there' });
}

/** A certificate, key or secret. @throws RespondError RESPOND_SECRET */
export function readCredential(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RespondError('RESPOND_SECRET', `\`${path}\` cannot be read: ${reason}`, {
      help: 'check that the file exists and that the agent may read it',
      cause,
    });
  }
}
