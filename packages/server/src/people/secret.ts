import { createHash, createHmac, randomBytes } from 'node:crypto';

/** 256 bits nobody can guess, in letters for a header or a URL. */
export const newSecret = (prefix = ''): string => prefix + randomBytes(32).toString('base64url');

/** What is kept of a secret: with so many bits a plain digest tells nothing of it. */
export const digestOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

/** What a page has to send beside the cookie of its session; other sites cannot read it. */
export const pageProof = (session: string): string =>
  createHmac('sha256', session).update('runward page').digest('base64url');

export const newId = (): string => randomBytes(12).toString('base64url');
