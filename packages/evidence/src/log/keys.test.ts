import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { publicPem, readPublicKey, recordStatement, SignatureCheck, Signer } from './keys.js';

const signer = Signer.generate();

test('a key reads back from its PEM, and signs as before', () => {
  const again = Signer.fromPem(signer.toPem());
  expect(again.publicKey).toBe(signer.publicKey);
  expect(again.sign('x')).toBe(signer.sign('x'));
});

test('a public key is told as 43 characters or as a PEM, and has one name', () => {
  expect(readPublicKey(` ${signer.publicKey}\n`)).toBe(signer.publicKey);
  expect(readPublicKey(publicPem(signer.publicKey))).toBe(signer.publicKey);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(signer.publicKey.at(-1) ?? '');
  // The two bits that are left over in the last character.
  const twin = signer.publicKey.slice(0, -1) + (alphabet[last ^ 1] ?? '');
  expect(readPublicKey(twin)).toBe(signer.publicKey);
});

const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
test.each([
  ['nothing', '', 'it is neither the 43 characters of one nor a PEM'],
  ['too short', signer.publicKey.slice(1), 'it is neither the 43 characters of one nor a PEM'],
  ['another kind', rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString(), 'it is no Ed25519 key'],
])('%s is no key', (_, text, why) => {
  const code = 'EVIDENCE_KEY_INVALID';
  expect(() => readPublicKey(text)).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(why) }),
  );
});

test('a private key of another kind is refused', () => {
  const pem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  expect(() => Signer.fromPem(pem)).toThrow(expect.objectContaining({ code: 'EVIDENCE_KEY_INVALID' }));
});

test('a signature is of one statement of one log by one key', () => {
  const check = new SignatureCheck();
  const statement = recordStatement('log', '{}');
  const signature = signer.sign(statement);
  expect(check.holds(signer.publicKey, statement, signature)).toBe(true);
  expect(check.holds(signer.publicKey, recordStatement('other', '{}'), signature)).toBe(false);
  expect(check.holds(signer.publicKey, recordStatement('log', '{ }'), signature)).toBe(false);
  expect(check.holds(Signer.generate().publicKey, statement, signature)).toBe(false);
  for (const key of ['', 'x'.repeat(43), 'not a key'])
    expect(check.holds(key, statement, signature)).toBe(false);
  expect(check.holds(signer.publicKey, statement, '')).toBe(false);
});
