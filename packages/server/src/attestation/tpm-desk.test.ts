/** Who is bound to a TPM at enrolment, and who is refused: against an emulated one. */
import { randomBytes } from 'node:crypto';
import type { TpmKeys } from '@runward/protocol';
import { enrolStatement } from '@runward/protocol/node';
import { ATTRIBUTE, encodePublic, parsePublic } from '@runward/tpm';
import { NodeTpm } from '@runward/tpm/node';
import { EmulatedTpm, tpmToolsMissing } from '@runward/tpm/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { TpmDesk } from './tpm-desk.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const KEY = 'ab'.repeat(32);
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

describe.skipIf(tpmToolsMissing() !== undefined)('a node is bound to its TPM', () => {
  let emulated: EmulatedTpm;
  let tpm: NodeTpm;
  let keys: TpmKeys;
  let nowMs: number;
  let desk: TpmDesk;
  beforeAll(async () => {
    emulated = await EmulatedTpm.start();
    tpm = new NodeTpm(emulated.path);
    const { endorsement, attestation } = await tpm.identity();
    keys = { endorsement: base64(endorsement), attestation: base64(attestation), certificate: null };
  });
  afterAll(() => emulated?.remove());
  beforeEach(() => {
    nowMs = 0;
    desk = new TpmDesk({ anchors: [], isRequired: false, now: () => nowMs });
  });

  async function answer(key = KEY, known?: Buffer) {
    const { challenge } = desk.challenge(keys, KEY);
    const credential = {
      blob: Buffer.from(challenge.blob, 'base64'),
      secret: Buffer.from(challenge.secret, 'base64'),
    };
    const secret = known ?? (await tpm.activate(credential));
    const { attest, signature } = await tpm.quote(enrolStatement(secret, key));
    return { challenge: challenge.id, attest: base64(attest), signature: base64(signature) };
  }
  /** A key as it is shown, with other attributes. */
  const changed = (text: string, set: number, clear = 0): string => {
    const area = parsePublic(Buffer.from(text, 'base64'));
    return base64(encodePublic({ ...area, attributes: (area.attributes | set) & ~clear }));
  };

  test('when it tells what only this TPM could open, for the key it will be known by', async () => {
    const proof = await answer();
    expect(desk.bind(keys, proof, KEY)).toMatchObject({
      ...{ endorsement: keys.endorsement, attestation: keys.attestation },
      proof: { kind: 'pinned', why: expect.stringContaining('no certificate') },
    });
    // Once: whoever saw the answer has nothing of it.
    expect(() => desk.bind(keys, proof, KEY)).toThrow(/not one of this server, or is over/);
  });

  test('and not when the secret was guessed, is for another key, comes late or with other keys', async () => {
    const refused = expect.objectContaining({ code: 'SERVER_TPM_REFUSED' });
    const guessed = await answer(KEY, randomBytes(32));
    expect(() => desk.bind(keys, guessed, KEY)).toThrow(/secret of the credential was not told/);
    const ofAnother = await answer('cd'.repeat(32));
    expect(() => desk.bind(keys, ofAnother, KEY)).toThrow(refused);
    const stolen = await answer();
    expect(() => desk.bind(keys, stolen, 'cd'.repeat(32))).toThrow(/not one of this server/);
    const other = await answer();
    expect(() => desk.bind({ ...keys, certificate: base64(Buffer.of(1)) }, other, KEY)).toThrow(refused);
    const late = await answer();
    nowMs += 300_000;
    expect(() => desk.bind(keys, late, KEY)).toThrow(/is over/);
    const bent = await answer();
    expect(() => desk.bind(keys, { ...bent, signature: base64(Buffer.alloc(70)) }, KEY)).toThrow(refused);
  });

  test('and not with keys that are none of a TPM', () => {
    const challenge = (change: Partial<TpmKeys>) => () => desk.challenge({ ...keys, ...change }, KEY);
    const { sign, decrypt, restricted, fixedTpm } = ATTRIBUTE;
    expect(challenge({ endorsement: base64(Buffer.alloc(9)) })).toThrow(/endorsement key cannot be read/);
    expect(challenge({ endorsement: keys.attestation })).toThrow(/not one of a TPM/);
    expect(challenge({ endorsement: changed(keys.endorsement, 0, fixedTpm) })).toThrow(/not one of a TPM/);
    for (const attestation of [
      changed(keys.attestation, 0, restricted),
      changed(keys.attestation, 0, sign),
      changed(keys.attestation, decrypt),
    ])
      expect(challenge({ attestation })).toThrow(/could sign what its TPM did not say/);
    expect(challenge({ certificate: base64(Buffer.from('x')) })).toThrow(/cannot be read/);
  });

  test('a node without one is taken unless one is required', () => {
    expect(desk.bind(undefined, undefined, KEY)).toBeNull();
    const strict = new TpmDesk({ anchors: [], isRequired: true, now: () => 0 });
    expect(() => strict.bind(undefined, undefined, KEY)).toThrow(
      expect.objectContaining({ code: 'SERVER_TPM_REQUIRED' }),
    );
    expect(() => strict.bind(keys, undefined, KEY)).toThrow(
      expect.objectContaining({ code: 'SERVER_TPM_REQUIRED' }),
    );
  });
});
