import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { ServerError } from '../error.js';

/** Folders of the state that hold private keys: of the authority, and of the evidence log. */
const KEY_FOLDERS = ['authority', 'evidence/private'];

const COST = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 };
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const base64 = z.base64();

const sealedSchema = z.strictObject({
  kdf: z.literal('scrypt'),
  ...{ N: z.literal(COST.N), r: z.literal(COST.r), p: z.literal(COST.p) },
  cipher: z.literal(CIPHER),
  ...{ salt: base64, iv: base64, tag: base64, text: base64 },
});
const filesSchema = z.record(z.string().regex(/^(authority|evidence\/private)\/[\w.-]+$/), base64);

/** The private keys of a state as one text that only the passphrase opens. */
export async function sealKeys(state: string, passphrase: string): Promise<string> {
  const files: Record<string, string> = {};
  for (const folder of KEY_FOLDERS)
    for (const name of await readdir(join(state, folder)).catch((): readonly string[] => []))
      files[`${folder}/${name}`] = (await readFile(join(state, folder, name))).toString('base64');
  const [salt, iv] = [randomBytes(16), randomBytes(12)];
  const cipher = createCipheriv(CIPHER, scryptSync(passphrase, salt, KEY_BYTES, COST), iv);
  const text = Buffer.concat([cipher.update(JSON.stringify(files)), cipher.final()]);
  const { N, r, p } = COST;
  return JSON.stringify({
    ...{ kdf: 'scrypt', N, r, p, cipher: CIPHER },
    salt: salt.toString('base64'),
    iv: iv.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
    text: text.toString('base64'),
  });
}

/** Puts them back below a state. @throws ServerError SERVER_BACKUP_PASSPHRASE */
export async function openKeys(sealed: string, passphrase: string, state: string): Promise<void> {
  for (const [path, content] of Object.entries(opened(sealed, passphrase))) {
    await mkdir(dirname(join(state, path)), { recursive: true, mode: 0o700 });
    await writeFile(join(state, path), Buffer.from(content, 'base64'), { mode: 0o600 });
  }
}

function opened(sealed: string, passphrase: string): Readonly<Record<string, string>> {
  try {
    const { salt, iv, tag, text } = sealedSchema.parse(JSON.parse(sealed));
    const key = scryptSync(passphrase, Buffer.from(salt, 'base64'), KEY_BYTES, COST);
    const cipher = createDecipheriv(CIPHER, key, Buffer.from(iv, 'base64'), { authTagLength: 16 });
    cipher.setAuthTag(Buffer.from(tag, 'base64'));
    const plain = Buffer.concat([cipher.update(Buffer.from(text, 'base64')), cipher.final()]);
    return filesSchema.parse(JSON.parse(plain.toString('utf8')));
  } catch (cause) {
    throw new ServerError(
      'SERVER_BACKUP_PASSPHRASE',
      'the passphrase does not open the keys of the back-up',
      {
        help: 'give the one it was made with, or restore `--without-keys`: every node has to enrol again then',
        cause,
      },
    );
  }
}
