import { mapKeys, mapLookup, mapSet } from '@runward/native';
import { hexOf, policyBytes } from '../encode/set.js';
import { key32 } from '../encode/writer.js';
import { EnforceError } from '../error.js';
import { RwDigest } from '../layout.generated.js';

/** Of rw_digest_ids. */
const MAX_DIGESTS = 65_536;

/** Numbers of the digests lines ask for, as rules name them; kept in the kernel, so that they outlive this process. */
export class DigestNumbers {
  readonly #map: number;
  readonly #numbers = new Map<string, number>();

  constructor(map: number) {
    this.#map = map;
    const value = new Uint8Array(4);
    for (const key of mapKeys(map, RwDigest.size))
      if (mapLookup(map, key, value))
        this.#numbers.set(hexOf(key), new DataView(value.buffer).getUint32(0, true));
  }

  /** @throws EnforceError ENFORCE_NO_ROOM */
  number(sha256: string): number {
    const known = this.#numbers.get(sha256);
    if (known !== undefined) return known;
    const number = this.#numbers.size + 1;
    if (number > MAX_DIGESTS || mapSet(this.#map, policyBytes(sha256), key32(number)) !== 0) {
      throw new EnforceError(
        'ENFORCE_NO_ROOM',
        `the kernel holds no more than ${MAX_DIGESTS} digests of \`sha256\``,
        {
          help: 'name directories or paths in place of digests',
        },
      );
    }
    this.#numbers.set(sha256, number);
    return number;
  }
}
