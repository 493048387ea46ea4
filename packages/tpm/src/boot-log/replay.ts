import { ALG } from '../structures/algorithms.js';
import { extend, initialPcr, type PcrValues } from '../structures/pcr-values.js';
import { EV_NO_ACTION } from './event-types.js';
import type { BootLog } from './parse.js';

const LOCALITY = 'StartupLocality\0';

/** What the registers come to when every event of the log is extended, SHA-256. Only those that the log speaks of. */
export function replayBootLog({ events }: BootLog): PcrValues {
  const values = new Map<number, Buffer>();
  for (const { register, type, digests, data } of events) {
    if (type === EV_NO_ACTION) {
      // Where the TPM was started from another locality, register 0 began with its number.
      if (register === 0 && data.subarray(0, LOCALITY.length).toString('latin1') === LOCALITY) {
        const start = initialPcr(0);
        start.writeUInt8(data[LOCALITY.length] ?? 0, start.length - 1);
        values.set(0, start);
      }
      continue;
    }
    const digest = digests.get(ALG.sha256);
    if (digest !== undefined)
      values.set(register, extend(values.get(register) ?? initialPcr(register), digest));
  }
  return values;
}
