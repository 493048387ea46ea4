import { malformed } from '../error.js';
import { ALG } from '../structures/algorithms.js';
import { encodeSelections, readSelections } from '../structures/pcr-selection.js';
import type { PcrValues } from '../structures/pcr-values.js';
import { Writer } from '../wire/writer.js';
import type { Tpm } from './tpm.js';

/** The values of the SHA-256 bank. A TPM hands over as many at a time as it likes. */
export async function readPcrs(tpm: Tpm, registers: readonly number[]): Promise<PcrValues> {
  const values = new Map<number, Buffer>();
  while (values.size < registers.length) {
    const wanted = registers.filter((register) => !values.has(register));
    const { parameters } = await tpm.run({
      ...{ name: 'PCR_Read', code: 0x17e },
      parameters: encodeSelections([{ bank: ALG.sha256, registers: wanted }]),
    });
    parameters.u32(); // how often any was changed
    const told = readSelections(parameters).find(({ bank }) => bank === ALG.sha256)?.registers ?? [];
    const count = parameters.u32();
    if (count === 0 || count !== told.length) throw malformed('the registers', 'it has no bank of SHA-256');
    for (const register of told) values.set(register, Buffer.from(parameters.sized()));
  }
  return values;
}

export interface SignedQuote {
  /** TPMS_ATTEST. */
  readonly attest: Buffer;
  /** TPMT_SIGNATURE. */
  readonly signature: Buffer;
}

export async function quote(
  tpm: Tpm,
  key: number,
  extraData: Uint8Array,
  registers: readonly number[],
): Promise<SignedQuote> {
  const { parameters } = await tpm.run({
    ...{ name: 'Quote', code: 0x158, handles: [key], sessions: ['password'] },
    // By the key's own scheme.
    parameters: new Writer()
      .sized(extraData)
      .u16(ALG.null)
      .bytes(encodeSelections([{ bank: ALG.sha256, registers }]))
      .done(),
  });
  return { attest: parameters.sized(), signature: parameters.bytes(parameters.left) };
}
