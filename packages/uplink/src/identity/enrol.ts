import { createHash, timingSafeEqual, X509Certificate } from 'node:crypto';
import { type Enrolled, enrolledSchema, PATHS, parseToken, tpmChallengeSchema } from '@runward/protocol';
import { parseMessage } from '@runward/protocol/node';
import type { NodeTpm } from '@runward/tpm/node';
import { z } from 'zod';
import { accepted, Connection, serverUrl } from '../connection.js';
import { UplinkError } from '../error.js';
import type { Identity, IdentityFolder } from './identity.js';
import { newKey, requestFor } from './key-request.js';
import { keysOf, proveTpm } from './prove-tpm.js';

export interface Enrolment {
  readonly server: string;
  readonly token: string;
  /** What it is to be called. */
  readonly node: string;
  /** Binds the node to it. */
  readonly tpm?: NodeTpm | undefined;
}

const PATIENCE_MS = 30_000;
const authoritySchema = z.object({ authority: z.string().max(16 * 1024) });

/**
 * Makes this machine a node of the server. The token names the authority to trust, so nobody in between gets the token or
 * passes for the server.
 *
 * @throws UplinkError; ProtocolError PROTOCOL_TOKEN_MALFORMED; TpmError
 */
export async function enrol(
  { server, token, node, tpm }: Enrolment,
  folder: IdentityFolder,
): Promise<Identity> {
  const url = serverUrl(server);
  const { authority: expected } = parseToken(token);
  const authority = await authorityAt(url, expected);
  const key = folder.pendingKey() ?? (await newKey());
  // Before it is asked for: what the token is used up for must not be lost.
  folder.keepPending(key);
  const connection = new Connection(url, { authority });
  try {
    const asked = { token: token.trim(), node, request: await requestFor(key) };
    const enrolled = await enrolledBy(connection, asked, key, tpm);
    if (!new X509Certificate(enrolled.authority).raw.equals(new X509Certificate(authority).raw))
      throw otherAuthority();
    const identity = { ...enrolled, server: url.href, key };
    folder.write(identity);
    return identity;
  } finally {
    connection.close();
  }
}

/** With a TPM in two steps: its keys are shown, and what only it can tell is told. */
async function enrolledBy(
  connection: Connection,
  asked: object,
  key: string,
  tpm?: NodeTpm,
): Promise<Enrolled> {
  const ask = async (body: object): Promise<string> =>
    accepted(await connection.ask('POST', PATHS.enrol, Buffer.from(JSON.stringify(body)), PATIENCE_MS));
  const answer = 'the answer of the server';
  if (tpm === undefined) return parseMessage(enrolledSchema, await ask(asked), answer);
  const shown = { ...asked, tpm: await keysOf(tpm) };
  const challenge = parseMessage(tpmChallengeSchema, await ask(shown), answer);
  const proof = await proveTpm(tpm, challenge, key);
  return parseMessage(enrolledSchema, await ask({ ...shown, proof }), answer);
}

/** The authority's certificate, whoever hands it over, if it is the one the token names. */
async function authorityAt(url: URL, expected: string): Promise<string> {
  const connection = new Connection(url, { authority: 'unknown' });
  try {
    const text = accepted(await connection.ask('GET', PATHS.authority, undefined, PATIENCE_MS));
    const { authority } = parseMessage(authoritySchema, text, 'the answer of the server');
    const digest = createHash('sha256').update(certificateOf(authority).raw).digest();
    if (!timingSafeEqual(digest, Buffer.from(expected, 'hex'))) throw otherAuthority();
    return authority;
  } finally {
    connection.close();
  }
}

function certificateOf(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw otherAuthority();
  }
}

const otherAuthority = (): UplinkError =>
  new UplinkError(
    'UPLINK_AUTHORITY_OTHER',
    'this server is not the one the token is of; the token was not sent',
    {
      help: 'check the address; where it is right, somebody stands in between, or the server was set up anew',
    },
  );
