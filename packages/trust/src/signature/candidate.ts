import type { Bundle } from '@sigstore/bundle';
import type { Digest } from '../content/index.js';

/** Something that was found to vouch for an image. Nothing of it is checked yet. */
export interface Candidate {
  /** Where it was found: the digest of the manifest that holds it, and which layer. */
  readonly place: string;
  /** The manifest it hangs on. */
  readonly subject: Digest;
  readonly kind: 'signature' | 'attestation';
  readonly proof: Proof;
}

export type Proof =
  /** In the sigstore form; what cosign wrote before bundles is brought into it. */
  | {
      readonly form: 'sigstore';
      readonly bundle: Bundle;
      /** What was signed, where the bundle does not hold it. */
      readonly artifact?: Buffer;
      /** cosign's description of what it signed, besides bundles. */
      readonly format: 'simple-signing' | 'bundle' | 'dsse';
    }
  | { readonly form: 'notation'; readonly envelope: Buffer; readonly mediaType: string }
  | { readonly form: 'unreadable'; readonly problem: string };
