/**
 * Protocol: what agent and server say to each other, defined once (docs/server.md, ADR 0110). Schemas stand right behind
 * each edge: both sides read what arrives with them, whoever sent it. `./node` has what needs Node.js: compression and
 * signatures.
 *
 * @packageDocumentation
 */

export {
  type AttestationMessage,
  attestationSchema,
  type QuoteChallenge,
  quoteChallengeSchema,
  quoteRequestSchema,
  type TpmChallenge,
  type TpmKeys,
  type TpmProof,
  TRUST_STATES,
  type TrustState,
  type TrustVerdict,
  tpmChallengeSchema,
  tpmKeysSchema,
  tpmProofSchema,
  verdictSchema,
} from './attest.js';
export {
  type Bundle,
  type BundleDocument,
  bundleSchema,
  DOCUMENT_KINDS,
  type DocumentKind,
  type DocumentStanding,
  documentNameSchema,
  type SignedBundle,
  type Standing,
  signedBundleSchema,
  standingSchema,
} from './bundle.js';
export {
  type Action,
  type Answer,
  answerSchema,
  type Command,
  commandSchema,
  INCIDENT_MOVES,
  type IncidentMove,
  type SignedCommand,
  signedCommandSchema,
} from './command.js';
export { type ContainerBody, containerBodySchema, POLICY_MODES, type PolicyMode } from './container.js';
export { type Enrolled, type EnrolRequest, enrolledSchema, enrolRequestSchema, nameSchema, type Renewed, renewedSchema, renewRequestSchema } from './enrol.js'; // biome-ignore format: one line
export { ProtocolError, type ProtocolErrorCode } from './error.js';
export { FLOW_SUMS, type FlowBody, type FlowEnd, type FlowSum, flowBodySchema, NETWORK_MODES, type NetworkMode } from './flow.js'; // biome-ignore format: one line
export { CLOCK_HEADER, HELLO_MS, type Hello, helloSchema, type Welcome, welcomeSchema } from './hello.js';
export { LIMITS } from './limits.js';
export { LINK_NAME, PATHS } from './paths.js';
export { RECORD_KINDS, type RecordKind, recordSchema, type SentRecord, type UplinkRecord } from './record.js';
export { parseToken, type TokenParts, tokenText } from './token.js';
