export type { Candidate, Proof } from './candidate.js';
export { type Found, findCandidates, SIGNED_BY_COSIGN } from './find/find.js';
export { type NotationSigned, verifyNotation } from './notation/verify-notation.js';
export { type Refusal, Refused, type TrustDiagnosticCode } from './refusal.js';
export { type Claim, claimOf, mustBeAbout } from './sigstore/claim.js';
export { type SignedBy, verifySigstore } from './sigstore/verify-sigstore.js';
