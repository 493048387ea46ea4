/** For tests: an emulated TPM, and logs as a kernel would write them. */
export { EmulatedTpm, tpmToolsMissing } from './emulated-tpm.js';
export { bootLogOf, imaListOf } from './logs.js';
