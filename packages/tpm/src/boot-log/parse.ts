import { ALG, hashOf } from '../structures/algorithms.js';
import { Reader } from '../wire/reader.js';

export interface BootEvent {
  readonly register: number;
  readonly type: number;
  /** By TPM_ALG_ID. */
  readonly digests: ReadonlyMap<number, Buffer>;
  readonly data: Buffer;
}

export interface BootLog {
  /** SHA-256 is needed of a log that is replayed; one of the older form has SHA-1 alone. */
  readonly algorithms: readonly number[];
  readonly events: readonly BootEvent[];
}

const SPEC_ID = 'Spec ID Event03\0';
const MOST_EVENTS = 65_536;
const MOST_ALGORITHMS = 16;

/**
 * `binary_bios_measurements`, as firmware hands it to the kernel: TCG_PCR_EVENT2 behind a header that names the algorithms
 * (PC Client Platform Firmware Profile, 10.2), or the older TCG_PCR_EVENT throughout.
 *
 * @throws TpmError TPM_MALFORMED
 */
export function parseBootLog(bytes: Uint8Array): BootLog {
  const read = new Reader(bytes, 'the boot log');
  if (read.left === 0) return { algorithms: [], events: [] };
  const first = olderEvent(read);
  const isAgile = first.data.subarray(0, SPEC_ID.length).equals(Buffer.from(SPEC_ID, 'latin1'));
  const sizes = isAgile ? algorithmSizes(first.data) : undefined;
  const events: BootEvent[] = [first];
  while (read.left > 0) {
    if (events.length >= MOST_EVENTS) throw read.bad(`it has more than ${MOST_EVENTS} events`);
    events.push(sizes === undefined ? olderEvent(read) : agileEvent(read, sizes));
  }
  return { algorithms: sizes === undefined ? [ALG.sha1] : [...sizes.keys()], events };
}

function olderEvent(read: Reader): BootEvent {
  const [register, type] = [read.u32le(), read.u32le()];
  const digests = new Map([[ALG.sha1, read.bytes(20)]]);
  return { register, type, digests, data: read.bytes(read.u32le()) };
}

function agileEvent(read: Reader, sizes: ReadonlyMap<number, number>): BootEvent {
  const [register, type, count] = [read.u32le(), read.u32le(), read.u32le()];
  if (count > MOST_ALGORITHMS) throw read.bad(`an event at ${read.at} has ${count} digests`);
  const digests = new Map<number, Buffer>();
  for (let at = 0; at < count; at += 1) {
    const algorithm = read.u16le();
    const size = sizes.get(algorithm);
    if (size === undefined) throw read.bad(`the algorithm 0x${algorithm.toString(16)} is not in its header`);
    digests.set(algorithm, read.bytes(size));
  }
  return { register, type, digests, data: read.bytes(read.u32le()) };
}

/** TCG_EfiSpecIDEvent. */
function algorithmSizes(data: Buffer): ReadonlyMap<number, number> {
  const read = new Reader(data, 'the header of the boot log');
  read.bytes(SPEC_ID.length + 8); // signature, class of the platform, version
  const count = read.u32le();
  if (count === 0 || count > MOST_ALGORITHMS) throw read.bad(`it has ${count} algorithms`);
  const sizes = new Map<number, number>();
  for (let at = 0; at < count; at += 1) {
    const [algorithm, size] = [read.u16le(), read.u16le()];
    const known = hashOf(algorithm);
    if (known !== undefined && known.bytes !== size)
      throw read.bad(`${known.name} has ${size} bytes in its header`);
    sizes.set(algorithm, size);
  }
  return sizes;
}
