import { Writer } from '../wire/writer.js';
import { RC } from './response-code.js';
import { RefusedError, type Tpm } from './tpm.js';

/** Within what every TPM hands over at once. */
const CHUNK = 512;
const MOST_BYTES = 16 * 1024;

/** What is kept at an index of the TPM's own memory; undefined where there is none. */
export async function readStored(tpm: Tpm, index: number): Promise<Buffer | undefined> {
  const size = await sizeOf(tpm, index);
  if (size === undefined || size > MOST_BYTES) return undefined;
  const parts: Buffer[] = [];
  for (let at = 0; at < size; at += CHUNK) {
    const { parameters } = await tpm.run({
      ...{ name: 'NV_Read', code: 0x14e, handles: [index, index], sessions: ['password'] },
      parameters: new Writer()
        .u16(Math.min(CHUNK, size - at))
        .u16(at)
        .done(),
    });
    parts.push(parameters.sized());
  }
  return Buffer.concat(parts);
}

async function sizeOf(tpm: Tpm, index: number): Promise<number | undefined> {
  try {
    const { parameters } = await tpm.run({ name: 'NV_ReadPublic', code: 0x169, handles: [index] });
    // TPMS_NV_PUBLIC: index, algorithm, attributes, policy, size.
    const all = parameters.sized();
    return all.length < 2 ? undefined : all.readUInt16BE(all.length - 2);
  } catch (error) {
    if (error instanceof RefusedError && error.base === RC.handle) return undefined;
    throw error;
  }
}
