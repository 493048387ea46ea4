/**
 * TPM 2.0: its structures (`structures/`), the logs of what was measured (`boot-log/`, `ima/`), secrets that one TPM alone
 * can tell (`credential/`), and what a node's quote is worth (`verify/`, `appraise/`). Here is what whoever judges needs,
 * which is no TPM; `./node` talks to one.
 *
 * @packageDocumentation
 */
export { checkGenuine, type Expected, fingerprintOf, QUOTED, type QuotedPcrs } from './appraise/genuine.js';
export { type CheckedList, checkBootLog, checkImaList, type ImaState, NO_ENTRIES } from './appraise/logs.js';
export { type Distrust, type DistrustReason, distrust } from './appraise/reason.js';
export { compareWith, type ImaRule, type Measured, type Profile } from './appraise/reference.js';
export { type MeasuredEvent, measuredEvents } from './boot-log/describe.js';
export { type BootEvent, type BootLog, parseBootLog } from './boot-log/parse.js';
export { replayBootLog } from './boot-log/replay.js';
export { type Credential, makeCredential } from './credential/make-credential.js';
export { TpmError, type TpmErrorCode } from './error.js';
export { type ContainerPath, containerPath } from './ima/container-path.js';
export type { ImaEntry, ImaFile } from './ima/entry.js';
export { imaOffsets, parseImaBinary, parseImaText } from './ima/parse.js';
export { IMA_REGISTER, imaPrefix } from './ima/replay.js';
export { ALG } from './structures/algorithms.js';
export { parseQuote, type Quote } from './structures/attest.js';
export { PCR_BYTES, type PcrValues } from './structures/pcr-values.js';
export {
  ATTRIBUTE,
  encodePublic,
  hasAttributes,
  nameOf,
  type PublicArea,
  parsePublic,
} from './structures/public-area.js';
export { parseSignature, type Signature } from './structures/signature.js';
export { checkEndorsement, type EndorsementProof } from './verify/endorsement.js';
export { keyObjectOf } from './verify/key-object.js';
export { holdsSignature } from './verify/signature.js';
