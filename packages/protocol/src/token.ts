import { ProtocolError } from './error.js';

/** What the text of a token holds. */
export interface TokenParts {
  /** Names it in lists; not secret. */
  readonly id: string;
  readonly secret: string;
  /** SHA-256 of the authority's certificate: whom to trust, before anything is sent. */
  readonly authority: string;
}

const TOKEN = /^rwt1\.([0-9a-f]{16})\.([A-Za-z0-9_-]{43})\.([0-9a-f]{64})$/;

export const tokenText = ({ id, secret, authority }: TokenParts): string =>
  `rwt1.${id}.${secret}.${authority}`;

/** @throws ProtocolError PROTOCOL_TOKEN_MALFORMED, without the text: it is a secret */
export function parseToken(text: string): TokenParts {
  const [, id, secret, authority] = TOKEN.exec(text.trim()) ?? [];
  if (id === undefined || secret === undefined || authority === undefined)
    throw new ProtocolError('PROTOCOL_TOKEN_MALFORMED', 'the enrolment token is not whole', {
      help: 'a token begins with `rwt1.` and is one line; make one with `runward server token create`',
    });
  return { id, secret, authority };
}
