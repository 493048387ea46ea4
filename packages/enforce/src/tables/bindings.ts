import { readFileSync } from 'node:fs';
import { bootTimeNs, mapDelete, mapKeys, mapLookup, mapSet } from '@runward/native';
import { key32, key64, StructWriter } from '../encode/writer.js';
import { EnforceError } from '../error.js';
import type { Maps } from '../kernel/maps.js';
import { RwAsked, RwBinding, RwPlace } from '../layout.generated.js';

/** Of rw_bound and rw_places. */
const MAX_CGROUPS = 65_536;
/** Processes that fork while they are marked are found the next time; more rounds than that are a fork bomb. */
const ROUNDS = 32;

export interface Binding {
  readonly cgroup: number;
  /** One of its container's cgroups, the same for all of them: what tells it from other containers. */
  readonly container: number;
  readonly set: number;
  readonly failClosed: boolean;
  readonly imageNs: bigint;
}

let lastEpoch = 0n;

/** Greater than any before, by an earlier process of this boot too. */
function nextEpoch(): bigint {
  const now = bootTimeNs();
  lastEpoch = now > lastEpoch ? now : lastEpoch + 1n;
  return lastEpoch;
}

/** Which cgroup is bound to which set, and which tasks are their containers'. */
export class Bindings {
  readonly #maps: Maps;
  readonly #iterator: string;

  /** @param iterator path of the pinned `rw_mark_members` */
  constructor(maps: Maps, iterator: string) {
    this.#maps = maps;
    this.#iterator = iterator;
  }

  /** True when its running processes are to be marked: it was not bound before, or before they were marked. */
  put({ cgroup, container, set, failClosed, imageNs }: Binding): boolean {
    const place = new StructWriter(RwPlace.size);
    const known = mapLookup(this.#maps.rw_places, key64(cgroup), place.bytes);
    const mountNs = new DataView(place.bytes.buffer).getUint32(RwPlace.mount_ns, true);
    if (!known) {
      place.u64(RwPlace.image_ns, imageNs);
      place.u64(RwPlace.container, BigInt(container));
      this.#set('rw_places', cgroup, place.bytes);
    }
    const binding = new StructWriter(RwBinding.size);
    binding.u64(RwBinding.cgroup, BigInt(cgroup));
    binding.u32(RwBinding.set, set);
    binding.u32(RwBinding.fail_closed, failClosed ? 1 : 0);
    binding.u64(RwBinding.epoch, nextEpoch());
    this.#set('rw_bound', cgroup, binding.bytes);
    return !known || mountNs === 0;
  }

  #set(map: 'rw_places' | 'rw_bound', cgroup: number, value: Uint8Array): void {
    const result = mapSet(this.#maps[map], key64(cgroup), value);
    if (result === 0) return;
    throw new EnforceError(
      'ENFORCE_NO_ROOM',
      `the kernel holds no more than ${MAX_CGROUPS} bound cgroups (errno ${-result})`,
    );
  }

  /** Marks all tasks of bound cgroups; those of a container that runs already are known by its process `first`. */
  mark(first: number): void {
    this.#ask(first);
    // The first round learns where the container's mounts are, maybe behind tasks it passed before.
    for (let round = 0; round < ROUNDS; round += 1)
      if (readFileSync(this.#iterator).length === 0 && round > 0) break;
    this.#ask(0);
  }

  #ask(first: number): void {
    const question = new Uint8Array(RwAsked.size);
    new DataView(question.buffer).setUint32(RwAsked.first_tgid, first, true);
    mapSet(this.#maps.rw_asked, key32(0), question);
  }

  remove(cgroup: number): void {
    mapDelete(this.#maps.rw_bound, key64(cgroup));
    mapDelete(this.#maps.rw_places, key64(cgroup));
  }

  all(): ReadonlyMap<number, number> {
    const found = new Map<number, number>();
    const value = new Uint8Array(RwBinding.size);
    for (const key of mapKeys(this.#maps.rw_bound, 8))
      if (mapLookup(this.#maps.rw_bound, key, value)) {
        found.set(
          Number(new DataView(key.buffer).getBigUint64(0, true)),
          new DataView(value.buffer).getUint32(RwBinding.set, true),
        );
      }
    return found;
  }
}
