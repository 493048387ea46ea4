import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Material, Signer } from '@runward/policy/trust';
import { messageOf, TrustError } from '../error.js';

/** Keys and roots as they are now. Loads nothing of what reads signatures. */
export interface Materials {
  readonly texts: ReadonlyMap<Material, string>;
  /** Changes with any key or root: what was decided by others no longer holds. */
  readonly stamp: string;
}

const MAX_BYTES = 4 * 1024 * 1024;

/** @throws TrustError `TRUST_MATERIAL_UNUSABLE`, naming the signer and the file */
export async function readMaterials(signers: readonly Signer[]): Promise<Materials> {
  const hash = createHash('sha256');
  const texts = new Map<Material, string>();
  for (const signer of signers) {
    for (const material of materialsOf(signer)) {
      const text = 'text' in material ? material.text : await readFileText(material.file, signer.name);
      hash.update(JSON.stringify([signer, text]));
      texts.set(material, text);
    }
  }
  return { texts, stamp: hash.digest('hex') };
}

function materialsOf(signer: Signer): readonly Material[] {
  switch (signer.kind) {
    case 'key':
      return signer.trustedRoot === undefined ? [signer.key] : [signer.key, signer.trustedRoot];
    case 'keyless':
      return [signer.trustedRoot];
    case 'notation':
      return [signer.roots];
  }
}

async function readFileText(path: string, name: string): Promise<string> {
  const failed = (why: string, cause?: unknown): TrustError =>
    new TrustError('TRUST_MATERIAL_UNUSABLE', `\`${path}\` of signer \`${name}\` ${why}`, { cause });
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw failed(`cannot be read: ${messageOf(cause)}`, cause);
  });
  try {
    const { size } = await file.stat();
    if (size > MAX_BYTES) throw failed(`is larger than ${MAX_BYTES} bytes`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
