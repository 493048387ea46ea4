import { Writer } from '../wire/writer.js';
import type { Tpm } from './tpm.js';

const PROPERTIES = 6;
const MANUFACTURER = 0x105;
const FIRMWARE = 0x10b;

export interface TpmMake {
  /** Four letters, such as `INTC` or `IBM`. */
  readonly manufacturer: string;
  readonly firmware: string;
}

export async function makeOf(tpm: Tpm): Promise<TpmMake> {
  const property = async (which: number): Promise<number> => {
    const { parameters } = await tpm.run({
      ...{ name: 'GetCapability', code: 0x17a },
      parameters: new Writer().u32(PROPERTIES).u32(which).u32(1).done(),
    });
    parameters.bytes(1 + 4 + 4 + 4); // more follows, which capability, how many, which property
    return parameters.u32();
  };
  const letters = Buffer.alloc(4);
  letters.writeUInt32BE(await property(MANUFACTURER));
  const firmware = await property(FIRMWARE);
  return {
    manufacturer: letters
      .toString('latin1')
      .replace(/[^\x20-\x7e]/g, '')
      .trim(),
    firmware: `${firmware >>> 16}.${firmware & 0xffff}`,
  };
}
