/** What both sides need of Node.js: batches packed and unpacked, commands signed and verified. */
export {
  CHANNEL_BINDING,
  enrolStatement,
  packAttestation,
  quoteStatement,
  unpackAttestation,
} from './node/attestation.js';
export { packRecords, type UnpackedBatch, unpackRecords } from './node/batch.js';
export { parseMessage } from './node/message.js';
export { signBundle, signCommand, verifyBundle, verifyCommand } from './node/signature.js';
