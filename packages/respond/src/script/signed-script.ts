import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { RespondError } from '../error.js';
import { readCredential } from '../web/secret.js';

export interface ScriptSettings {
  readonly folder: string;
  /** PEM, Ed25519; any of them may have signed. */
  readonly publicKeys: readonly string[];
}

/** What was signed, and is run: not the file, which may be another by then. */
export interface SignedScript {
  readonly name: string;
  readonly bytes: Buffer;
  readonly sha256: string;
}

const MOST_BYTES = 1024 * 1024;
const SIGNATURE_BYTES = 64;

/** The name is in it, so that one script cannot be put in the place of another; line and digest make it easy to sign by hand. */
export const signedText = (name: string, sha256: string): string => `runward-script-1 ${name} ${sha256}\n`;

/**
 * A script of the folder with a signature beside it (`NAME.sig`, base64).
 *
 * @throws RespondError RESPOND_NOT_SET_UP, RESPOND_UNSIGNED, RESPOND_SECRET
 */
export function readSigned(name: string, { folder, publicKeys }: ScriptSettings): SignedScript {
  const bytes = contentOf(join(folder, name), name);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const signature = Buffer.from(
    contentOf(join(folder, `${name}.sig`), `${name}.sig`)
      .toString('utf8')
      .trim(),
    'base64',
  );
  const text = Buffer.from(signedText(name, sha256));
  const isSound =
    signature.length === SIGNATURE_BYTES &&
    publicKeys.map(keyOf).some((key) => verify(null, text, key, signature));
  if (isSound) return { name, bytes, sha256 };
  throw new RespondError(
    'RESPOND_UNSIGNED',
    `the signature of the script \`${name}\` is not by any of the keys`,
    {
      help: `sign the line \`${signedText(name, sha256).trim()}\` (docs/response.md tells how)`,
    },
  );
}

function contentOf(path: string, name: string): Buffer {
  try {
    const { size } = statSync(path);
    if (size <= MOST_BYTES) return readFileSync(path);
  } catch (cause) {
    throw new RespondError(
      'RESPOND_UNSIGNED',
      `there is no \`${name}\` in the folder of scripts that can be read`,
      {
        help: 'a script and its `.sig` lie in the folder that the settings name',
        cause,
      },
    );
  }
  throw new RespondError('RESPOND_UNSIGNED', `\`${name}\` is larger than 1 MiB`, {
    help: 'is it the right file?',
  });
}

function keyOf(path: string): KeyObject {
  const pem = readCredential(path);
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Told below.
  }
  throw new RespondError('RESPOND_SECRET', `\`${path}\` is no public Ed25519 key`, {
    help: 'write it with `openssl pkey -in PRIVATE -pubout`',
  });
}
