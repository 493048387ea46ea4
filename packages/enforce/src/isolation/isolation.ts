import { existsSync } from 'node:fs';
import { bootTimeNs, closeFd, mapDelete, mapKeys, mapLookup, mapSet } from '@runward/native';
import { key32, key64, StructWriter } from '../encode/writer.js';
import { EnforceError } from '../error.js';
import { removePins } from '../pins/generation.js';
import { type AllowedNetwork, allowKey, networkOfKey } from './allowed.js';
import { type Ended, endConnections, heldSockets } from './ending.js';
import { RwIsolateAllow, RwIsolation, RwIsolationCount, RwIsolationFlag } from './layout.generated.js';
import { findIsolation, type IsolationMaps, type LoadedIsolation, loadIsolation } from './load.js';

export interface IsolateRequest {
  readonly id: string;
  readonly name: string;
  /** All of the container's, as events name them. */
  readonly cgroups: readonly number[];
  readonly allow: readonly AllowedNetwork[];
  /** undefined: until it is released. */
  readonly forMs: number | undefined;
}

/** What an isolation came to. */
export interface Cut extends Ended {
  /** It was isolated already; networks and time are those of now. */
  readonly was: boolean;
}

export interface Isolated {
  readonly id: string;
  readonly name: string;
  readonly cgroups: readonly number[];
  readonly allow: readonly string[];
  /** Wall clock. */
  readonly sinceMs: number;
  /** How long it still lasts; undefined: until it is released. 0: it is over. */
  readonly leftMs: number | undefined;
  readonly dropped: { readonly in: number; readonly out: number };
  /** Calls that were refused. */
  readonly refused: number;
  /** How long ago something was stopped; undefined: nothing was. */
  readonly lastStoppedMs: number | undefined;
}

interface IsolationValue extends Pick<IsolateRequest, 'id' | 'name'> {
  readonly deadlineNs: bigint;
  readonly sinceMs: number;
  readonly flags: number;
}

const NS_PER_MS = 1_000_000n;
const MOST = 4096;
const ID_ROOM = RwIsolation.name - RwIsolation.id;
/** A descriptor that is on its way between two processes while the first round looks is found by the second. */
const ROUNDS = 2;

/** The containers that are cut off. What it does stays in force when this process ends; the kernel keeps the time. */
export class Isolation {
  readonly #objectPath: string;
  readonly #folder: string;
  #loaded: LoadedIsolation | undefined;

  /** @throws EnforceError ISOLATION_OTHER_VERSION, ENFORCE_PIN_FAILED, ENFORCE_OBJECT_MISSING */
  constructor(options: { readonly objectPath: string; readonly pinFolder: string }) {
    this.#objectPath = options.objectPath;
    this.#folder = options.pinFolder;
    this.#loaded = findIsolation(this.#objectPath, this.#folder);
  }

  /** Whether calls on unix sockets are refused; undefined while nothing is isolated. */
  get refusesUnix(): boolean | undefined {
    return this.#loaded?.generation.hasLink('rw_isolate_connect_unix');
  }

  /** Cuts a container off; in force when this resolves. @throws EnforceError */
  async isolate(request: IsolateRequest): Promise<Cut> {
    this.#loaded ??= await loadIsolation(this.#objectPath, this.#folder);
    const { maps } = this.#loaded;
    const kept = text(bytes(request.id, ID_ROOM)); // as the kernel has it
    const known = this.#numbers().find(({ id }) => id === kept);
    const number = known?.number ?? this.#freeNumber();
    this.#allow(number, request.allow);
    const { id, name, forMs } = request;
    const deadlineNs = forMs === undefined ? 0n : bootTimeNs() + BigInt(Math.ceil(forMs)) * NS_PER_MS;
    const value = { id, name, deadlineNs, sinceMs: known?.sinceMs ?? Date.now() };
    if (known === undefined)
      put(maps.rw_isolate_counts, key32(number), new Uint8Array(RwIsolationCount.size));
    this.#write(number, { ...value, flags: RwIsolationFlag.RW_ISOLATION_ENDING });
    try {
      for (const cgroup of request.cgroups) put(maps.rw_isolated, key64(cgroup), key32(number));
      return { ...this.#end(number, request.allow), was: known !== undefined };
    } finally {
      this.#write(number, { ...value, flags: 0 });
    }
  }

  #end(number: number, allow: readonly AllowedNetwork[]): Ended {
    let [connections, unixConnections] = [0, 0];
    for (let round = 0; round < ROUNDS; round += 1) {
      const ended = endConnections(this.#held(), number, allow);
      connections += ended.connections;
      unixConnections += round === 0 ? ended.unixConnections : 0; // those that are shut down are still there
    }
    return { connections, unixConnections };
  }

  #held() {
    return this.#loaded === undefined ? [] : heldSockets(this.#loaded.generation.iterator('rw_isolate_held'));
  }

  /** Ends what was begun to isolated containers where the kernel did not refuse it. */
  endStrays(): void {
    if (this.#loaded === undefined) return;
    const held = this.#held();
    for (const { number } of this.#numbers()) endConnections(held, number, this.#allowed(number));
  }

  /** False when it was not isolated. */
  release(id: string): boolean {
    const known = this.#numbers().find((each) => each.id === id);
    if (known === undefined || this.#loaded === undefined) return false;
    const { maps } = this.#loaded;
    for (const [cgroup, number] of groupsOf(maps))
      if (number === known.number) mapDelete(maps.rw_isolated, key64(cgroup));
    mapDelete(maps.rw_isolations, key32(known.number));
    mapDelete(maps.rw_isolate_counts, key32(known.number));
    this.#allow(known.number, []);
    if (this.#numbers().length === 0) this.#unload();
    return true;
  }

  list(): readonly Isolated[] {
    if (this.#loaded === undefined) return [];
    const { maps } = this.#loaded;
    const nowNs = bootTimeNs();
    const groups = [...groupsOf(maps)];
    return this.#numbers().map(({ number, id, name, sinceMs, deadlineNs }) => {
      const count = new DataView(new ArrayBuffer(RwIsolationCount.size));
      mapLookup(maps.rw_isolate_counts, key32(number), new Uint8Array(count.buffer));
      const counted = (at: number): number => Number(count.getBigUint64(at, true));
      const lastNs = count.getBigUint64(RwIsolationCount.last_ns, true);
      return {
        ...{ id, name, sinceMs, cgroups: groups.flatMap(([cgroup, of]) => (of === number ? [cgroup] : [])) },
        allow: this.#allowed(number).map(({ text }) => text),
        leftMs: deadlineNs === 0n ? undefined : Math.max(0, Number((deadlineNs - nowNs) / NS_PER_MS)),
        dropped: { in: counted(RwIsolationCount.packets_in), out: counted(RwIsolationCount.packets_out) },
        refused: counted(RwIsolationCount.refused),
        lastStoppedMs: lastNs === 0n ? undefined : Number((nowNs - lastNs) / NS_PER_MS),
      };
    });
  }

  close(): void {
    for (const fd of Object.values(this.#loaded?.maps ?? {})) closeFd(fd);
    this.#loaded = undefined;
  }

  /** The way out, whatever version it was: nothing is isolated any more. True when something was. */
  static releaseAll(pinFolder: string): boolean {
    return existsSync(pinFolder) && removePins(pinFolder);
  }

  #unload(): void {
    this.close();
    removePins(this.#folder);
  }

  #numbers() {
    if (this.#loaded === undefined) return [];
    const { maps } = this.#loaded;
    return mapKeys(maps.rw_isolations, 4).flatMap((key) => {
      const value = new Uint8Array(RwIsolation.size);
      if (!mapLookup(maps.rw_isolations, key, value)) return [];
      const view = new DataView(value.buffer);
      return [
        {
          number: new DataView(key.buffer, key.byteOffset).getUint32(0, true),
          id: text(value.subarray(RwIsolation.id, RwIsolation.name)),
          name: text(value.subarray(RwIsolation.name)),
          sinceMs: Number(view.getBigUint64(RwIsolation.since_ms, true)),
          deadlineNs: view.getBigUint64(RwIsolation.deadline_ns, true),
        },
      ];
    });
  }

  #freeNumber(): number {
    const used = new Set(this.#numbers().map(({ number }) => number));
    for (let number = 1; number <= MOST; number += 1) if (!used.has(number)) return number;
    throw new EnforceError(
      'ENFORCE_NO_ROOM',
      `${MOST} containers are isolated, which is as many as there can be`,
      {
        help: 'release some',
      },
    );
  }

  #write(number: number, value: IsolationValue): void {
    if (this.#loaded === undefined) return;
    const { id, name, deadlineNs, sinceMs, flags } = value;
    const struct = new StructWriter(RwIsolation.size);
    struct.u64(RwIsolation.deadline_ns, deadlineNs);
    struct.u64(RwIsolation.since_ms, BigInt(sinceMs));
    struct.u32(RwIsolation.flags, flags);
    struct.set(RwIsolation.id, bytes(id, ID_ROOM));
    struct.set(RwIsolation.name, bytes(name, RwIsolation.size - RwIsolation.name));
    put(this.#loaded.maps.rw_isolations, key32(number), struct.bytes);
  }

  #allowed(number: number): readonly AllowedNetwork[] {
    if (this.#loaded === undefined) return [];
    const keys = mapKeys(this.#loaded.maps.rw_isolate_allowed, RwIsolateAllow.size).map(networkOfKey);
    return keys.flatMap(({ isolation, network }) => (isolation === number ? [network] : []));
  }

  /** First what is new, then what is over: what is allowed throughout is never cut. */
  #allow(number: number, networks: readonly AllowedNetwork[]): void {
    if (this.#loaded === undefined) return;
    const map = this.#loaded.maps.rw_isolate_allowed;
    const wanted = networks.map((network) => allowKey(number, network));
    for (const key of wanted) put(map, key, Uint8Array.of(1));
    const keep = new Set(wanted.map((key) => key.join()));
    for (const network of this.#allowed(number)) {
      const key = allowKey(number, network);
      if (!keep.has(key.join())) mapDelete(map, key);
    }
  }
}

function* groupsOf(maps: IsolationMaps): Generator<readonly [cgroup: number, number: number]> {
  const value = new Uint8Array(4);
  for (const key of mapKeys(maps.rw_isolated, 8))
    if (mapLookup(maps.rw_isolated, key, value))
      yield [
        Number(new DataView(key.buffer, key.byteOffset).getBigUint64(0, true)),
        new DataView(value.buffer).getUint32(0, true),
      ];
}

function put(map: number, key: Uint8Array, value: Uint8Array): void {
  const result = mapSet(map, key, value);
  if (result !== 0)
    throw new EnforceError(
      'ENFORCE_NO_ROOM',
      `the kernel has no room for this isolation (errno ${-result})`,
      {
        help: 'release other containers, or allow fewer networks',
      },
    );
}

/** Cut where it does not fit, at a whole character. */
function bytes(value: string, room: number): Uint8Array {
  const into = new Uint8Array(room - 1);
  return into.subarray(0, new TextEncoder().encodeInto(value, into).written);
}

function text(field: Uint8Array): string {
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}
