import { RunwardError } from '@runward/core';

/** Every way of not learning what an image is. Documented in docs/errors/trust.md. */
export type TrustErrorCode =
  | 'IMAGE_REFERENCE_INVALID'
  | 'IMAGE_NOT_FOUND'
  | 'IMAGE_MALFORMED'
  | 'IMAGE_TOO_LARGE'
  | 'IMAGE_CONTENT_CHANGED'
  | 'REGISTRY_UNREACHABLE'
  | 'REGISTRY_TIMEOUT'
  | 'REGISTRY_REFUSED'
  | 'REGISTRY_ANSWER_MALFORMED'
  | 'LAYOUT_MALFORMED'
  | 'ARCHIVE_MALFORMED'
  | 'TRUST_MATERIAL_UNUSABLE';

export class TrustError extends RunwardError<TrustErrorCode> {
  override readonly name = 'TrustError';
}

export const messageOf = (problem: unknown): string =>
  problem instanceof Error ? problem.message : String(problem);
