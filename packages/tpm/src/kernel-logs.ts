import { readFile } from 'node:fs/promises';
import { imaOffsets } from './ima/parse.js';

const BOOT_LOG = '/sys/kernel/security/tpm0/binary_bios_measurements';
const IMA_LIST = '/sys/kernel/security/ima/binary_runtime_measurements';

/** Where the kernel shows what was measured; tests show others. */
export interface LogPlaces {
  readonly bootLog: string;
  readonly imaList: string;
}
export const LOG_PLACES: LogPlaces = { bootLog: BOOT_LOG, imaList: IMA_LIST };

/** Empty where the kernel has none. */
const readIfThere = (path: string): Promise<Buffer> =>
  readFile(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });

export const readBootLog = (path = BOOT_LOG): Promise<Buffer> => readIfThere(path);

/** The list from an entry on; empty where there are not so many. @throws TpmError TPM_MALFORMED */
export async function readImaList(from: number, path = IMA_LIST): Promise<Buffer> {
  const list = await readIfThere(path);
  return list.subarray(imaOffsets(list)[from] ?? list.length);
}

/** Of the kernel: another after each boot. */
export const bootId = async (): Promise<string> =>
  (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
