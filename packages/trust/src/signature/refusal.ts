/** Why a signature, or an image, is not accepted. Documented in docs/errors/trust.md. */
export type TrustDiagnosticCode =
  | 'IMAGE_UNSIGNED'
  | 'IMAGE_UNATTESTED'
  | 'IMAGE_REGISTRY_REFUSED'
  | 'IMAGE_NOT_APPROVED'
  | 'IMAGE_TAG_MOVED'
  | 'IMAGE_NOT_PINNED'
  | 'IMAGE_BASE_REFUSED'
  | 'IMAGE_TOO_OLD'
  | 'IMAGE_PLATFORM_MISSING'
  | 'SIGNATURE_MALFORMED'
  | 'SIGNATURE_FORM_UNSUPPORTED'
  | 'SIGNATURE_KEY_MISMATCH'
  | 'SIGNATURE_INVALID'
  | 'SIGNATURE_CERTIFICATE_MISSING'
  | 'SIGNATURE_CERTIFICATE_UNTRUSTED'
  | 'SIGNATURE_CERTIFICATE_EXPIRED'
  | 'SIGNATURE_IDENTITY_MISMATCH'
  | 'SIGNATURE_ISSUER_MISMATCH'
  | 'SIGNATURE_NOT_LOGGED'
  | 'SIGNATURE_LOG_UNPROVEN'
  | 'SIGNATURE_TIMESTAMP_INVALID'
  | 'SIGNATURE_EXPIRED'
  | 'SIGNATURE_OF_ANOTHER_IMAGE'
  | 'ATTESTATION_MALFORMED'
  | 'ATTESTATION_CONDITION_FAILED';

export interface Refusal {
  readonly code: TrustDiagnosticCode;
  readonly message: string;
}

/** Ends the check of one signature. It never leaves this package: what is thrown to others is a `TrustError`. */
export class Refused extends Error {
  constructor(
    readonly code: TrustDiagnosticCode,
    message: string,
  ) {
    super(message);
  }

  get refusal(): Refusal {
    return { code: this.code, message: this.message };
  }
}
