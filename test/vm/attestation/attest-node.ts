/**
 * In an emulated machine with a TPM and IMA: has the machine prove what it runs on, to the code of the server, before and
 * after a container runs a file that nobody approved. Prints what came of it, as JSON, into the file it is given.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { enrolStatement, quoteStatement } from '@runward/protocol/node';
import { containerPath, parseImaBinary } from '@runward/tpm';
import { NodeTpm, readImaList } from '@runward/tpm/node';
import { Attestation } from '../../../packages/server/src/attestation/attestation.js';
import { makeReference } from '../../../packages/server/src/attestation/make-reference.js';
import { ReferenceBook } from '../../../packages/server/src/attestation/reference-book.js';
import { TpmDesk } from '../../../packages/server/src/attestation/tpm-desk.js';
import { TrustBook } from '../../../packages/server/src/attestation/trust-book.js';
import type { Node } from '../../../packages/server/src/link/book.js';
import { NodeAttester } from '../../../packages/uplink/src/attestation/node-attester.js';

export interface Attested {
  readonly make: string;
  /** What was thought of the machine, step by step. */
  readonly verdicts: readonly { readonly state: string; readonly reason: string; readonly detail: string }[];
  readonly events: number;
  /** Paths that IMA measured of the container. */
  readonly ofContainer: readonly string[];
}

const [result = '', folder = '/run/attestation', repository = ''] = process.argv.slice(2);
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const tpm = new NodeTpm('/dev/tpmrm0');

async function enrolled(): Promise<Node> {
  const { endorsement, certificate, attestation } = await tpm.identity();
  const keys = {
    ...{ endorsement: base64(endorsement), attestation: base64(attestation) },
    certificate: certificate === undefined ? null : base64(certificate),
  };
  const desk = new TpmDesk({ anchors: [], isRequired: true, now: Date.now });
  const key = 'ab'.repeat(32);
  const { challenge } = desk.challenge(keys, key);
  const [blob, secret] = [Buffer.from(challenge.blob, 'base64'), Buffer.from(challenge.secret, 'base64')];
  const { attest, signature } = await tpm.quote(enrolStatement(await tpm.activate({ blob, secret }), key));
  const proof = { challenge: challenge.id, attest: base64(attest), signature: base64(signature) };
  const names = { id: 'f3b1c1f0-0000-4000-8000-000000000001', name: 'vm', cluster: 'main' };
  return { ...names, enrolledMs: 0, revoked: null, certificates: [], tpm: desk.bind(keys, proof, key) };
}

const node = await enrolled();
const references = new ReferenceBook(join(folder, 'reference'));
const attestation = new Attestation({
  ...{ references, trust: new TrustBook(join(folder, 'trust')), everyMs: 60_000, onDistrust: 'alert' },
  ...{ onChange: () => undefined, revoke: () => undefined },
});
const [connection, exporter] = [{}, randomBytes(32)];
const attester = new NodeAttester(tpm);
const verdicts: Attested['verdicts'][number][] = [];
async function prove(): Promise<void> {
  const { nonce, from } = attestation.challenge(node, connection, await attester.boot());
  const message = await attester.quote(quoteStatement(Buffer.from(nonce, 'base64'), exporter), from);
  const { state, reason, detail } = attestation.take(node, connection, exporter, message);
  verdicts.push({ state, reason, detail });
}

await prove();
const measured = attestation.measured(node);
if (measured === undefined) throw new Error('nothing was measured');
const order = { profile: 'vm', version: 1, date: '2026-11-30', expires: '2999-01-01', byEvents: true };
const reference = makeReference(measured, order);
// What this program itself reads meanwhile is no matter here.
const ignore = [`${repository}/`, '/run/vm/', `${folder}/`];
const profiles = reference.profiles.map((profile) => ({
  ...profile,
  ima: { files: profile.ima?.files ?? [], ignore, containers: 'fail' },
}));
references.set(JSON.stringify({ ...reference, profiles }), 'test', Date.now());
await prove();
execFileSync('sh', ['/run/vm/container'], { stdio: 'inherit' });
await prove();
const paths = parseImaBinary(await readImaList(0)).map(({ file }) => file.path);
const { manufacturer } = await tpm.make();
const attested: Attested = {
  ...{ make: manufacturer, verdicts, events: measured.events.length },
  ofContainer: paths.filter((path) => containerPath(path) !== undefined || path === '/bin/planted'),
};
writeFileSync(result, JSON.stringify(attested));
