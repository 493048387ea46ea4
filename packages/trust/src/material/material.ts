import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Material, Signer } from '@runward/policy/trust';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { type TrustMaterial, toTrustMaterial } from '@sigstore/verify';
import { parsedJson } from '../content/index.js';
import { messageOf, TrustError } from '../error.js';
import { type Certificate, readCertificates } from '../signature/notation/certificates.js';
import { readMaterials } from './read.js';

type SignerOf<K extends Signer['kind']> = Extract<Signer, { readonly kind: K }>;

/** A signer with what proves it, read. */
export type SignerMaterial = KeyMaterial | KeylessMaterial | NotationMaterial;

export interface KeyMaterial {
  readonly kind: 'key';
  readonly signer: SignerOf<'key'>;
  readonly trust: TrustMaterial;
  readonly isLogged: boolean;
}
export interface KeylessMaterial {
  readonly kind: 'keyless';
  readonly signer: SignerOf<'keyless'>;
  readonly trust: TrustMaterial;
}
export interface NotationMaterial {
  readonly kind: 'notation';
  readonly signer: SignerOf<'notation'>;
  readonly roots: readonly Certificate[];
}

export interface LoadedSigners {
  readonly signers: readonly SignerMaterial[];
  /** Changes with any key or root: what was decided by others no longer holds. */
  readonly stamp: string;
}

/** @throws TrustError `TRUST_MATERIAL_UNUSABLE`, naming the signer and the file */
export async function loadSigners(signers: readonly Signer[]): Promise<LoadedSigners> {
  const { texts, stamp } = await readMaterials(signers);
  const textOf = (material: Material): string => texts.get(material) ?? '';
  return { signers: signers.map((signer) => load(signer, textOf)), stamp };
}

function load(signer: Signer, read: (material: Material) => string): SignerMaterial {
  switch (signer.kind) {
    case 'key': {
      const key = publicKey(read(signer.key), signer);
      const { trustedRoot } = signer;
      const root = trustedRoot === undefined ? NO_ROOT : rootOf(read(trustedRoot), signer);
      const trust = toTrustMaterial(root, () => ({ publicKey: key, validFor: () => true }));
      return { kind: 'key', signer, trust, isLogged: trustedRoot !== undefined };
    }
    case 'keyless': {
      const trust = toTrustMaterial(rootOf(read(signer.trustedRoot), signer));
      if (trust.certificateAuthorities.length === 0)
        throw unusable(signer, 'its trusted root has no authority');
      return { kind: 'keyless', signer, trust };
    }
    case 'notation':
      try {
        return { kind: 'notation', signer, roots: readCertificates(read(signer.roots)) };
      } catch (cause) {
        throw cause instanceof TrustError ? cause : unusable(signer, messageOf(cause), cause);
      }
  }
}

const NO_ROOT = TrustedRoot.fromJSON({});

function publicKey(text: string, signer: Signer): KeyObject {
  if (/PRIVATE KEY/.test(text)) {
    throw unusable(
      signer,
      'is a private key',
      undefined,
      'give the public one, and keep the private one where it is',
    );
  }
  try {
    return createPublicKey(text);
  } catch (cause) {
    throw unusable(
      signer,
      `is no public key: ${messageOf(cause)}`,
      cause,
      'give PEM, as `cosign public-key` writes it',
    );
  }
}

function rootOf(text: string, signer: Signer): TrustedRoot {
  try {
    const value = parsedJson(text);
    if (value === undefined) throw new Error('it is no JSON');
    const root = TrustedRoot.fromJSON(value);
    // Read to its end here, so that a mistake in it is told as one of the file.
    toTrustMaterial(root);
    return root;
  } catch (cause) {
    const help = 'it is JSON, as `cosign trusted-root create` writes it';
    throw unusable(signer, `has a trusted root that cannot be read: ${messageOf(cause)}`, cause, help);
  }
}

const unusable = (signer: Signer, why: string, cause?: unknown, help = ''): TrustError =>
  new TrustError('TRUST_MATERIAL_UNUSABLE', `signer \`${signer.name}\` ${why}`, { cause, help });
