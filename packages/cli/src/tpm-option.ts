import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { NodeTpm } from '@runward/tpm/node';
import { type OptionSpec, type Parsed, UsageError } from './command.js';

/** Of commands that use the TPM of this machine. */
export const TPM_OPTION: Readonly<Record<string, OptionSpec>> = {
  tpm: {
    type: 'string',
    value: 'DEVICE',
    doc: 'the TPM of this machine, or `none` (default /dev/tpmrm0 where it is; docs/node-attestation.md)',
  },
};

/** undefined: there is none, or none is wanted. Whether it answers is not known yet. */
export async function tpmOf(args: Parsed): Promise<NodeTpm | undefined> {
  const given = args.text('tpm');
  if (given === '')
    throw new UsageError('`--tpm` names no device', 'write `--tpm /dev/tpmrm0` or `--tpm none`');
  if (given === 'none') return undefined;
  const { NodeTpm: Device, TPM_DEVICE } = await import('@runward/tpm/node');
  if (given === undefined) return existsSync(TPM_DEVICE) ? new Device(TPM_DEVICE) : undefined;
  return new Device(resolve(given));
}

const PROBE = Buffer.from('runward');

/**
 * Where keys can be sealed. A TPM that was asked for and cannot is an error; one that is only there is gone without, and
 * that is said.
 *
 * @throws TpmError
 */
export async function sealingTpm(
  args: Parsed,
  tpm: NodeTpm | undefined,
  say: (message: string) => void,
): Promise<NodeTpm | undefined> {
  if (tpm === undefined) return undefined;
  try {
    const back = await tpm.unseal(await tpm.seal(PROBE));
    if (back?.equals(PROBE) !== true) throw new Error('it does not give back what it sealed');
    return tpm;
  } catch (error) {
    if (args.text('tpm') !== undefined) throw error;
    say(`keys are not sealed: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
