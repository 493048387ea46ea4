import type { Digest } from '../content/index.js';
import type { TrustDiagnosticCode } from '../signature/index.js';

/** What is found about an image. */
export interface ImageVerdict {
  /** As it was asked for. */
  readonly image: string;
  /** What the reference leads to: an image, or an index of images. */
  readonly digest: Digest;
  /** Of the index, what the platform gets; the same for an image. */
  readonly manifest: Digest;
  readonly platform: string;
  readonly trusted: boolean;
  /** Empty where it is trusted. */
  readonly problems: readonly Problem[];
  readonly signatures: readonly Accepted[];
  readonly attestations: readonly AcceptedAttestation[];
  /** Everything that was looked at and did not count, and why. */
  readonly refused: readonly RefusedCandidate[];
  readonly checkedAt: string;
}

export interface Problem {
  readonly code: TrustDiagnosticCode;
  readonly message: string;
  readonly help: string;
}

export interface Accepted {
  readonly signer: string;
  readonly kind: 'key' | 'keyless' | 'notation';
  readonly identity?: string;
  readonly issuer?: string;
  /** As proved by a log or a timestamp, or as the signature tells. */
  readonly signedAt?: string;
  readonly place: string;
  /** What was signed: the index, or the image of the platform. */
  readonly subject: Digest;
}

export interface AcceptedAttestation extends Accepted {
  readonly predicateType: string;
}

export interface RefusedCandidate {
  readonly place: string;
  /** Whom it was tried against; '' where it could not be read at all. */
  readonly signer: string;
  readonly code: TrustDiagnosticCode;
  readonly message: string;
}
