import { bundleFromJSON } from '@sigstore/bundle';
import { parsedJson } from '../../content/index.js';
import type { Proof } from '../candidate.js';

/** A sigstore bundle as it is stored beside an image. @throws Error saying what is wrong with it */
export function bundleProof(bytes: Buffer, about: Buffer): Proof {
  const value = parsedJson(bytes);
  if (value === undefined) throw new Error('the bundle is no JSON');
  const bundle = bundleFromJSON(value);
  // A bundle that holds no statement is over the manifest itself.
  const isOverManifest = bundle.content.$case === 'messageSignature';
  return { form: 'sigstore', bundle, format: 'bundle', ...(isOverManifest ? { artifact: about } : {}) };
}
