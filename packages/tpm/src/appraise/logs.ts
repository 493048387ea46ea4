import { createHash } from 'node:crypto';
import { type MeasuredEvent, measuredEvents } from '../boot-log/describe.js';
import { parseBootLog } from '../boot-log/parse.js';
import { replayBootLog } from '../boot-log/replay.js';
import type { ImaEntry } from '../ima/entry.js';
import { parseImaBinary } from '../ima/parse.js';
import { IMA_REGISTER, imaPrefix } from '../ima/replay.js';
import { isSound } from '../ima/template.js';
import { ALG } from '../structures/algorithms.js';
import { initialPcr, type PcrValues } from '../structures/pcr-values.js';
import { type Distrust, distrust } from './reason.js';

/** Registers that firmware and loaders fill, and nobody after them: what they hold is in the log, and nothing else. */
const BOOT_REGISTERS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14];
/** Those that firmware fills on every machine that has a log: of these the log may leave out none. */
const FIRMWARE_REGISTERS = 7;

/** The events that were measured; undefined: the machine has no log, or one without SHA-256. @throws TpmError TPM_MALFORMED */
export function checkBootLog(
  log: Uint8Array,
  values: PcrValues,
): readonly MeasuredEvent[] | Distrust | undefined {
  const parsed = parseBootLog(log);
  if (!parsed.algorithms.includes(ALG.sha256)) return undefined;
  const replayed = replayBootLog(parsed);
  for (const register of BOOT_REGISTERS) {
    const isTold = replayed.has(register) || register <= FIRMWARE_REGISTERS;
    const expected = replayed.get(register) ?? initialPcr(register);
    const quoted = values.get(register);
    if (isTold && quoted?.equals(expected) !== true)
      return distrust(
        'boot-log-altered',
        `the boot log comes to ${expected.toString('hex')} for register ${register}, the TPM has ${quoted?.toString('hex')}`,
      );
  }
  return measuredEvents(parsed);
}

/** How far the list of IMA was verified. */
export interface ImaState {
  readonly entries: number;
  /** Of register 10 behind so many. */
  readonly value: Buffer;
}
export const NO_ENTRIES: ImaState = { entries: 0, value: initialPcr(IMA_REGISTER) };

export interface CheckedList {
  /** Behind what was verified before; those that came after the quote are not among them. */
  readonly entries: readonly ImaEntry[];
  readonly state: ImaState;
}

/** The list from where it was verified before. @throws TpmError TPM_MALFORMED, TPM_UNSUPPORTED */
export function checkImaList(list: Uint8Array, before: ImaState, values: PcrValues): CheckedList | Distrust {
  const entries = parseImaBinary(list);
  const quoted = values.get(IMA_REGISTER) ?? initialPcr(IMA_REGISTER);
  const torn = entries.findIndex((entry) => !isSound(entry));
  if (torn >= 0)
    return distrust(
      'ima-list-altered',
      `entry ${before.entries + torn + 1} of the IMA list, \`${entries[torn]?.file.path}\`, is not what its digest is of`,
    );
  const prefix = imaPrefix(entries, before.value, quoted);
  if (prefix === undefined)
    return entries.length === 0
      ? distrust('ima-list-missing', 'IMA measured something and the node shows no list of it')
      : distrust(
          'ima-list-altered',
          `the IMA list of ${before.entries + entries.length} entries does not come to the value of register ${IMA_REGISTER}`,
        );
  const verified = entries.slice(0, prefix);
  const [first] = before.entries === 0 ? verified : [];
  if (first !== undefined && !agreesWithBoot(first, values))
    return distrust('ima-list-altered', 'the IMA list begins with the registers of another boot');
  return { entries: verified, state: { entries: before.entries + prefix, value: quoted } };
}

/** `boot_aggregate`: since Linux 5.8 a digest over registers 0 to 9 (ima_calc_boot_aggregate_tfm). */
function agreesWithBoot({ file }: ImaEntry, values: PcrValues): boolean {
  if (file.path !== 'boot_aggregate' || !file.hash.startsWith('sha256:')) return true;
  const over = (last: number): string => {
    const digest = createHash('sha256');
    for (let register = 0; register <= last; register += 1) digest.update(values.get(register) ?? '');
    return `sha256:${digest.digest('hex')}`;
  };
  return file.hash === over(9) || file.hash === over(7);
}
