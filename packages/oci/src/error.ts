import { RunwardError } from '@runward/core';

/** Every way a container's creation can be refused or fail. Documented in docs/errors/oci.md. */
export type OciErrorCode =
  | 'OCI_SPEC_UNREADABLE'
  | 'OCI_SPEC_MALFORMED'
  | 'OCI_SPEC_AMBIGUOUS'
  | 'OCI_CONFIG_MALFORMED'
  | 'OCI_INDEX_UNUSABLE'
  | 'OCI_IDENTITY_UNKNOWN'
  | 'OCI_SECTION_UNENFORCED'
  | 'OCI_IMAGE_UNTRUSTED'
  | 'OCI_IMAGE_UNJUDGED'
  | 'OCI_STATE_MALFORMED';

export class OciError extends RunwardError<OciErrorCode> {
  override readonly name = 'OciError';
}
