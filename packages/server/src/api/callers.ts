import { timingSafeEqual } from 'node:crypto';
import { ServerError } from '../error.js';
import {
  type Grant,
  isWithin,
  type People,
  pageProof,
  type Sessions,
  TOKEN_PREFIX,
  type Tokens,
} from '../people/index.js';
import type { Caller } from './operation.js';

export const COOKIE = '__Host-runward';
/** Sent by pages with every request that changes something; a form of another site cannot. */
export const PROOF_HEADER = 'x-runward-page';

/** What a request brings to say who asks. */
export interface Credentials {
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
  readonly proof: string | undefined;
  readonly address: string;
  /** Whether it may change something. */
  readonly isUnsafe: boolean;
  /** It only asks whether what was begun may go on: a session that nobody uses ends all the same. */
  readonly isAgain?: boolean;
}

export interface CallerSources {
  readonly people: People;
  readonly sessions: Sessions;
  readonly tokens: Tokens;
}

/**
 * Who asks, or undefined when nobody says so.
 *
 * @throws ServerError SERVER_NOT_SIGNED_IN for credentials that are none (any more), SERVER_FORGED
 */
export async function callerOf(asked: Credentials, sources: CallerSources): Promise<Caller | undefined> {
  if (asked.authorization !== undefined) return byToken(asked.authorization, asked.address, sources);
  if (asked.cookie === undefined || asked.cookie === '') return undefined;
  const id = await sources.sessions.personOf(asked.cookie, { isUse: asked.isAgain !== true });
  if (id === undefined) throw signedOut('the session is over');
  if (asked.isUnsafe && !isProof(asked.proof, asked.cookie))
    throw new ServerError('SERVER_FORGED', 'the request does not come from a page of this server', {
      help: `send \`${PROOF_HEADER}\` as GET /api/v1/session tells it; programs use a token instead of a cookie`,
    });
  const person = await sources.people.get(id);
  if (person.disabled) throw signedOut('the account is disabled');
  return { person, grants: person.grants, through: 'session', address: asked.address };
}

async function byToken(header: string, address: string, { people, tokens }: CallerSources): Promise<Caller> {
  const [, secret = ''] = /^Bearer +(\S{1,200})$/i.exec(header) ?? [];
  const token = secret.startsWith(TOKEN_PREFIX) ? await tokens.find(secret) : undefined;
  if (token === undefined) throw signedOut('the token is not known, or its time is over');
  const person = await people.get(token.person);
  if (person.disabled) throw signedOut('the account of the token is disabled');
  const grants = token.grants.filter((grant: Grant) => isWithin([grant], person.grants));
  return { person, grants, through: `token ${token.id}`, address };
}

function isProof(proof: string | undefined, session: string): boolean {
  const wanted = Buffer.from(pageProof(session));
  const given = Buffer.from(proof ?? '');
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

const signedOut = (why: string): ServerError =>
  new ServerError('SERVER_NOT_SIGNED_IN', why, { help: 'sign in again, or make a new token' });
