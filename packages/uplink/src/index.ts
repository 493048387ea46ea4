/**
 * Uplink: the link of an agent to its server. It makes the node's identity (`identity/`), keeps what is to be told on the
 * disk until the server has it (`spool/`), and obeys what the server signs.
 *
 * @packageDocumentation
 */
export { type Attester, NodeAttester } from './attestation/node-attester.js';
export { serverUrl } from './connection.js';
export { notEnrolled, UplinkError, type UplinkErrorCode } from './error.js';
export type { PutInForce } from './holding.js';
export { type Enrolment, enrol } from './identity/enrol.js';
export { type Identity, IdentityFolder } from './identity/identity.js';
export { MemoryLink, type MemoryLinkOptions, type Taken } from './memory-link.js';
export type { Obey } from './obedience.js';
export type { Loss, News } from './spool/spool.js';
export { Uplink, type UplinkOptions, type UplinkStatus } from './uplink.js';
