import {
  type AttestationMessage,
  PATHS,
  quoteChallengeSchema,
  type TrustVerdict,
  verdictSchema,
} from '@runward/protocol';
import { packAttestation, parseMessage, quoteStatement } from '@runward/protocol/node';
import { accepted, type Connection } from '../connection.js';
import { messageOf } from '../error.js';
import type { Attester } from './node-attester.js';

const SHORT_MS = 15_000;
/** The server replays whole logs. */
const VERDICT_MS = 120_000;

/**
 * Proves to the server what this machine runs on, over the connection the proof is for. Why it cannot is told to the server
 * as well.
 *
 * @throws UplinkError; ProtocolError
 */
export async function attest(connection: Connection, attester: Attester): Promise<TrustVerdict> {
  const ask = async (path: string, body: Buffer, timeoutMs: number): Promise<string> =>
    accepted(await connection.ask('POST', path, body, timeoutMs));
  const asked = Buffer.from(JSON.stringify({ boot: await attester.boot() }));
  const text = await ask(PATHS.challenge, asked, SHORT_MS);
  const { nonce, from } = parseMessage(quoteChallengeSchema, text, 'the challenge of the server');
  const body = await answerTo(connection, attester, Buffer.from(nonce, 'base64'), from);
  return parseMessage(verdictSchema, await ask(PATHS.attest, body, VERDICT_MS), 'the verdict of the server');
}

async function answerTo(
  connection: Connection,
  attester: Attester,
  nonce: Buffer,
  from: number,
): Promise<Buffer> {
  try {
    return await packAttestation(await attester.quote(quoteStatement(nonce, connection.exporter()), from));
  } catch (error) {
    const problem: AttestationMessage = { kind: 'problem', problem: messageOf(error).slice(0, 1000) };
    return packAttestation(problem);
  }
}
