import { stat } from 'node:fs/promises';
import { messageOf, TpmError } from '../error.js';
import { DeviceTransport } from './device.js';
import { SocketTransport } from './socket.js';
import type { Transport } from './transport.js';

/** The kernel's resource manager of the first TPM. */
export const TPM_DEVICE = '/dev/tpmrm0';

/** A device, or the Unix socket of an emulated TPM. @throws TpmError TPM_UNAVAILABLE */
export async function openTransport(path: string): Promise<Transport> {
  try {
    const found = await stat(path);
    if (found.isSocket()) return await SocketTransport.open(path);
    if (!found.isCharacterDevice()) throw new Error('it is neither a device nor a socket');
    return await DeviceTransport.open(path);
  } catch (cause) {
    throw unavailable(path, cause);
  }
}

export const unavailable = (path: string, cause: unknown): TpmError =>
  new TpmError('TPM_UNAVAILABLE', `the TPM at \`${path}\` cannot be used: ${messageOf(cause)}`, {
    help: `run as root, name another with \`--tpm DEVICE\`, or go without one with \`--tpm none\``,
    cause,
  });
