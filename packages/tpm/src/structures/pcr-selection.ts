import type { Reader } from '../wire/reader.js';
import { Writer } from '../wire/writer.js';

/** Registers of one bank. */
export interface PcrSelection {
  /** TPM_ALG_ID of the bank. */
  readonly bank: number;
  /** Ascending. */
  readonly registers: readonly number[];
}

const MOST_BANKS = 16;
const MAP_BYTES = 3;

/** TPML_PCR_SELECTION. @throws TpmError TPM_MALFORMED */
export function readSelections(read: Reader): readonly PcrSelection[] {
  const count = read.u32();
  if (count > MOST_BANKS) throw read.bad(`${count} banks`);
  return Array.from({ length: count }, () => {
    const bank = read.u16();
    const map = read.bytes(read.u8());
    const registers = [...map].flatMap((byte, at) =>
      [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (byte >> bit) & 1).map((bit) => at * 8 + bit),
    );
    return { bank, registers };
  });
}

export function encodeSelections(selections: readonly PcrSelection[]): Buffer {
  const write = new Writer().u32(selections.length);
  for (const { bank, registers } of selections) {
    const map = Buffer.alloc(MAP_BYTES);
    for (const register of registers)
      map.writeUInt8(map.readUInt8(register >> 3) | (1 << (register & 7)), register >> 3);
    write.u16(bank).u8(MAP_BYTES).bytes(map);
  }
  return write.done();
}
