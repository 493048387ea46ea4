/** Against an emulated TPM (swtpm), and the tools of others (tpm2-tools) as a second opinion. */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { checkGenuine, QUOTED, type QuotedPcrs } from './appraise/genuine.js';
import { makeCredential } from './credential/make-credential.js';
import { NodeTpm, type TpmIdentity } from './node-tpm.js';
import { ALG } from './structures/algorithms.js';
import { parseQuote } from './structures/attest.js';
import { nameOf, parsePublic } from './structures/public-area.js';
import { parseSignature } from './structures/signature.js';
import { EmulatedTpm, tpmToolsMissing } from './testing/index.js';
import { keyObjectOf } from './verify/key-object.js';
import { holdsSignature } from './verify/signature.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe.skipIf(tpmToolsMissing() !== undefined)('a TPM', () => {
  let emulated: EmulatedTpm;
  let tpm: NodeTpm;
  let identity: TpmIdentity;
  beforeAll(async () => {
    emulated = await EmulatedTpm.start();
    tpm = new NodeTpm(emulated.path);
    identity = await tpm.identity();
  });
  afterAll(() => emulated?.remove());

  const tool = (name: string, ...args: readonly string[]): Promise<string> => emulated.tool(name, ...args);
  const left = (name: string): Buffer => readFileSync(emulated.file(name));
  /** Behind the length that the tools put in front. */
  const unsized = (bytes: Buffer): Buffer => bytes.subarray(2);
  const expected = (extraData: Buffer, change: object = {}) => ({
    ...{ key: identity.attestation, extraData, seen: [], resets: 0, ...change },
  });

  test('has the endorsement key that tpm2_createek finds', async () => {
    await tool('tpm2_createek', '-c', 'ek.ctx', '-G', 'rsa', '-u', 'ek.pub');
    expect(unsized(left('ek.pub'))).toEqual(identity.endorsement);
  });

  test.each(['rsa', 'ecc'] as const)(
    'tells the secret of a credential made here, %s, through tpm2_activatecredential',
    async (kind) => {
      await tool('tpm2_createek', '-c', 'ek.ctx', '-G', kind, '-u', 'ek.pub');
      await tool(
        'tpm2_createak',
        '-C',
        'ek.ctx',
        '-c',
        'ak.ctx',
        '-G',
        'ecc',
        '-g',
        'sha256',
        '-s',
        'ecdsa',
        '-u',
        'ak.pub',
      );
      const [endorsement, attestation] = [unsized(left('ek.pub')), unsized(left('ak.pub'))];
      const secret = randomBytes(32);
      const made = makeCredential(
        parsePublic(endorsement),
        nameOf(attestation, parsePublic(attestation)),
        secret,
      );
      const sized = (bytes: Buffer): Buffer =>
        Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 255), bytes]);
      // The tools' own header: a magic number and a version.
      const file = Buffer.concat([
        Buffer.from('badcc0de00000001', 'hex'),
        sized(made.blob),
        sized(made.secret),
      ]);
      writeFileSync(emulated.file('credential'), file);
      await tool('tpm2_startauthsession', '--policy-session', '-S', 'session');
      await tool('tpm2_policysecret', '-S', 'session', '-c', 'endorsement');
      await tool(
        'tpm2_activatecredential',
        '-c',
        'ak.ctx',
        '-C',
        'ek.ctx',
        '-i',
        'credential',
        '-o',
        'told',
        '-P',
        'session:session',
      );
      expect(left('told')).toEqual(secret);
      await tool('tpm2_flushcontext', 'session');
    },
  );

  test('tells the secret of a credential that tpm2_makecredential made, and none that is for other keys', async () => {
    const secret = randomBytes(32);
    const name = nameOf(identity.attestation, parsePublic(identity.attestation));
    writeFileSync(emulated.file('secret'), secret);
    const sized = Buffer.concat([
      Buffer.of(identity.endorsement.length >> 8, identity.endorsement.length & 255),
      identity.endorsement,
    ]);
    writeFileSync(emulated.file('public'), sized);
    await tool(
      'tpm2_makecredential',
      '-u',
      'public',
      '-s',
      'secret',
      '-n',
      name.toString('hex'),
      '-o',
      'credential',
    );
    const file = left('credential').subarray(8);
    const size = file.readUInt16BE();
    const credential = { blob: file.subarray(2, 2 + size), secret: file.subarray(4 + size) };
    expect(await tpm.activate(credential)).toEqual(secret);
    const own = makeCredential(parsePublic(identity.endorsement), name, secret);
    expect(await tpm.activate(own)).toEqual(secret);
    const other = makeCredential(
      parsePublic(identity.endorsement),
      Buffer.concat([name.subarray(0, 33), Buffer.of(0)]),
      secret,
    );
    await expect(tpm.activate(other)).rejects.toMatchObject({ code: 'TPM_REFUSED' });
  });

  test('quotes what tpm2_checkquote accepts and the server does, and registers that tpm2_pcrread reads', async () => {
    await emulated.extend([[4, 'ab'.repeat(32)]]);
    const nonce = randomBytes(32);
    const quoted = await tpm.quote(nonce);
    const found = checkGenuine(quoted, expected(nonce));
    expect(found).toMatchObject({ extraData: nonce });
    await tool('tpm2_pcrread', `sha256:${QUOTED.join()}`, '-o', 'pcrs');
    expect(Buffer.concat([...quoted.values.values()])).toEqual(left('pcrs'));
    writeFileSync(emulated.file('quote'), quoted.attest);
    writeFileSync(emulated.file('signature'), quoted.signature);
    const key = keyObjectOf(parsePublic(identity.attestation));
    writeFileSync(emulated.file('key.pem'), key.export({ type: 'spki', format: 'pem' }));
    const check = (qualification: string): Promise<string> =>
      tool('tpm2_checkquote', '-u', 'key.pem', '-m', 'quote', '-s', 'signature', '-q', qualification);
    await check(nonce.toString('hex'));
    await expect(check('00'.repeat(32))).rejects.toThrow();
  });

  test.each([
    ['rsa', 'rsassa', 'rsassa'],
    ['rsa', 'rsapss', 'rsapss'],
    ['ecc', 'ecdsa', 'ecdsa'],
  ])(
    'a quote of tpm2_quote with a key of %s and %s is verified, and none that was changed',
    async (kind, scheme, read) => {
      await tool('tpm2_createek', '-c', 'ek.ctx', '-G', 'rsa', '-u', 'ek.pub');
      await tool(
        'tpm2_createak',
        '-C',
        'ek.ctx',
        '-c',
        'ak.ctx',
        '-G',
        kind,
        '-g',
        'sha256',
        '-s',
        scheme,
        '-u',
        'ak.pub',
      );
      await tool(
        'tpm2_quote',
        '-c',
        'ak.ctx',
        '-l',
        'sha256:0,1,2',
        '-q',
        'abcd',
        '--scheme',
        scheme,
        '-m',
        'quote',
        '-s',
        'signature',
      );
      const [key, signature] = [parsePublic(unsized(left('ak.pub'))), parseSignature(left('signature'))];
      expect(signature.scheme).toBe(read);
      expect(holdsSignature(key, left('quote'), signature)).toBe(true);
      expect(parseQuote(left('quote'))).toMatchObject({
        extraData: Buffer.from('abcd', 'hex'),
        selections: [{ bank: ALG.sha256, registers: [0, 1, 2] }],
      });
      const changed = Buffer.from(left('quote'));
      changed.writeUInt8(changed.readUInt8(changed.length - 1) ^ 1, changed.length - 1);
      expect(holdsSignature(key, changed, signature)).toBe(false);
      expect(holdsSignature(parsePublic(identity.attestation), left('quote'), signature)).toBe(false);
    },
  );

  describe('is not believed', () => {
    const nonce = randomBytes(32);
    let good: QuotedPcrs;
    beforeAll(async () => {
      good = await tpm.quote(nonce);
      expect(checkGenuine(good, expected(nonce))).not.toHaveProperty('reason');
    });

    test('when the quote answers another challenge, or was accepted before', () => {
      expect(checkGenuine(good, expected(randomBytes(32)))).toMatchObject({ reason: 'wrong-nonce' });
      expect(checkGenuine(good, expected(randomBytes(32), { seen: [nonce] }))).toMatchObject({
        reason: 'replayed',
      });
    });

    test('when the values it tells are not those that are signed', () => {
      const values = new Map(good.values).set(7, Buffer.alloc(32, 1));
      expect(checkGenuine({ ...good, values }, expected(nonce))).toMatchObject({ reason: 'pcr-values' });
      values.delete(7);
      expect(checkGenuine({ ...good, values }, expected(nonce))).toMatchObject({ reason: 'pcr-values' });
    });

    test('when a byte of what is signed was changed', () => {
      const attest = Buffer.from(good.attest);
      attest.writeUInt8(attest.readUInt8(60) ^ 1, 60);
      expect(checkGenuine({ ...good, attest }, expected(nonce))).toMatchObject({ reason: 'signature' });
    });

    test('when another TPM signs, which is what a copied disk comes to', async () => {
      const other = await EmulatedTpm.start();
      try {
        const quoted = await new NodeTpm(other.path).quote(nonce);
        expect(checkGenuine(quoted, expected(nonce))).toMatchObject({ reason: 'another-tpm' });
        // It names the key of the first, and cannot sign with it.
        expect(checkGenuine({ ...quoted, key: identity.attestation }, expected(nonce))).toMatchObject({
          reason: 'signature',
        });
      } finally {
        await other.remove();
      }
    });

    test('when its state is of an earlier boot', () => {
      expect(checkGenuine(good, expected(nonce, { resets: 1_000_000 }))).toMatchObject({
        reason: 'rolled-back',
      });
    });
  });

  test('has the same keys after a start, and counts it', async () => {
    const before = parseQuote((await tpm.quote(Buffer.alloc(8))).attest).clock.resets;
    await emulated.off();
    await emulated.on();
    expect(await tpm.identity()).toEqual(identity);
    expect(parseQuote((await tpm.quote(Buffer.alloc(8))).attest).clock.resets).toBeGreaterThan(before);
  });

  test('gives back what it sealed, and nothing that another sealed or somebody changed', async () => {
    const secret = randomBytes(48);
    const sealed = await tpm.seal(secret);
    expect(sealed.includes(secret)).toBe(false);
    expect(await tpm.unseal(sealed)).toEqual(secret);
    const changed = Buffer.from(sealed);
    changed.writeUInt8(changed.readUInt8(80) ^ 1, 80);
    expect(await tpm.unseal(changed)).toBeUndefined();
    await expect(tpm.unseal(sealed.subarray(0, 40))).rejects.toMatchObject({ code: 'TPM_MALFORMED' });
    const other = await EmulatedTpm.start();
    try {
      expect(await new NodeTpm(other.path).unseal(sealed)).toBeUndefined();
    } finally {
      await other.remove();
    }
  });

  test('leaves nothing in the TPM, and says of what make it is', async () => {
    expect(await tpm.make()).toMatchObject({ manufacturer: 'IBM' });
    for (let round = 0; round < 5; round += 1) await tpm.quote(randomBytes(16));
    expect((await tool('tpm2_getcap', 'handles-transient')).trim()).toBe('');
    expect((await tool('tpm2_getcap', 'handles-loaded-session')).trim()).toBe('');
  });
});

test('a TPM that is not there is named', async () => {
  await expect(new NodeTpm('/nowhere').make()).rejects.toMatchObject({
    code: 'TPM_UNAVAILABLE',
    message: expect.stringContaining('/nowhere'),
  });
  await expect(new NodeTpm('/etc/passwd').make()).rejects.toMatchObject({ code: 'TPM_UNAVAILABLE' });
});
