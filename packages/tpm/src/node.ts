/** The TPM of a machine and the logs its kernel keeps: for who is attested. */

export { bootId, type LogPlaces, readBootLog, readImaList } from './kernel-logs.js';
export { NodeTpm, type TpmIdentity } from './node-tpm.js';
export { TPM_DEVICE } from './transport/open.js';
