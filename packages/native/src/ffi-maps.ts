/** BPF maps and pins by descriptor and path: what outlives the process that made it. Errors are negative errno. */
import { bind, libbpf, libc, number } from './ffi-library.js';

const m = {
  pin: bind(libbpf, 'int bpf_obj_pin(int fd, const char *path)'),
  get: bind(libbpf, 'int bpf_obj_get(const char *path)'),
  info: bind(libbpf, 'int bpf_obj_get_info_by_fd(int fd, uint8_t *info, _Inout_ uint32_t *length)'),
  create: bind(
    libbpf,
    'int bpf_map_create(int type, const char *name, uint32_t keySize, uint32_t valueSize, uint32_t entries, const uint8_t *options)',
  ),
  update: bind(libbpf, 'int bpf_map_update_elem(int fd, const uint8_t *key, const uint8_t *value, uint64_t flags)'),
  updateBatch: bind(
    libbpf,
    'int bpf_map_update_batch(int fd, const uint8_t *keys, const uint8_t *values, _Inout_ uint32_t *count, const uint8_t *options)',
  ),
  lookupBatch: bind(
    libbpf,
    'int bpf_map_lookup_batch(int fd, const uint8_t *from, uint8_t *next, uint8_t *keys, uint8_t *values, _Inout_ uint32_t *count, const uint8_t *options)',
  ),
  mapById: bind(libbpf, 'int bpf_map_get_fd_by_id(uint32_t id)'),
  nextKey: bind(libbpf, 'int bpf_map_get_next_key(int fd, const uint8_t *key, uint8_t *next)'),
  mount: bind(
    libc,
    'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)',
  ),
}; // biome-ignore format: prototypes

const bytesOf = (view: ArrayBufferView<ArrayBuffer>): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

/** Gives a map, program or link a name in a BPF file system; it then lives until that is removed. */
export const pinObject = (fd: number, path: string): number => number(m.pin(fd, path));

/** A descriptor of what is pinned there. */
export const openPinned = (path: string): number => number(m.get(path));

export interface MapShape {
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
}

/** undefined when the descriptor is no map's. */
export function mapShape(fd: number): MapShape | undefined {
  const info = new Uint32Array(32); // struct bpf_map_info begins: type, id, key_size, value_size, max_entries
  if (number(m.info(fd, bytesOf(info), [info.byteLength])) !== 0) return undefined;
  const [type = 0, , keySize = 0, valueSize = 0, maxEntries = 0] = info;
  return { type, keySize, valueSize, maxEntries };
}

const MAP_TYPE_ARRAY = 2;
const F_INNER_MAP = 4096;
/** Of `struct bpf_map_create_opts` as libbpf 1.0 has it; newer ones take less than they know. */
const CREATE_OPTIONS_BYTES = 48;
const CREATE_OPTIONS_FLAGS = 28;

/** An array that fits a map of maps, which keeps it; a descriptor. */
export function createInnerArray(name: string, valueSize: number, entries: number): number {
  const options = new Uint8Array(CREATE_OPTIONS_BYTES);
  const view = new DataView(options.buffer);
  view.setBigUint64(0, BigInt(CREATE_OPTIONS_BYTES), true);
  view.setUint32(CREATE_OPTIONS_FLAGS, F_INNER_MAP, true);
  return number(m.create(MAP_TYPE_ARRAY, name, 4, valueSize, entries, options));
}

/** How many entries go into one call: memory for their keys is bounded. */
const BATCH = 65_536;

/** Fills the first entries of an array map with `values`, one after another. */
export function fillArray(fd: number, valueSize: number, values: Uint8Array<ArrayBuffer>): number {
  const count = Math.floor(values.length / valueSize);
  for (let from = 0; from < count; from += BATCH) {
    const part = Math.min(BATCH, count - from);
    const keys = Uint32Array.from({ length: part }, (_, at) => from + at);
    const result = number(
      m.updateBatch(fd, bytesOf(keys), values.subarray(from * valueSize, (from + part) * valueSize), [part], null),
    ); // biome-ignore format: one call
    if (result !== 0) return result;
  }
  return 0;
}

/** The first `count` entries of an array map. undefined when the kernel refuses. */
export function readArray(fd: number, valueSize: number, count: number): DataView | undefined {
  const keys = new Uint8Array(4 * count);
  const values = new Uint8Array(valueSize * count);
  const got = [count];
  const result = number(m.lookupBatch(fd, null, new Uint8Array(4), keys, values, got, null));
  // ENOENT says that this was the end of the map, of an array as well.
  return result === 0 || result === -2 ? new DataView(values.buffer) : undefined;
}

/** More keys than any of our maps has, and then some: a key removed under way makes the kernel begin again. */
const MOST_KEYS = 1 << 18;

/** The keys of a hash map. What comes and goes meanwhile may be among them or not. */
export function mapKeys(fd: number, keySize: number): readonly Uint8Array[] {
  const keys = new Map<string, Uint8Array>();
  let last: Uint8Array | null = null;
  for (let i = 0; i < MOST_KEYS; i += 1) {
    const next: Uint8Array = new Uint8Array(keySize);
    if (number(m.nextKey(fd, last, next)) !== 0) break;
    keys.set(next.join(), next);
    last = next;
  }
  return [...keys.values()];
}

/** A descriptor of the map with this number, as maps of maps name their inner ones. */
export const openMapByNumber = (id: number): number => number(m.mapById(id));

/** Puts an entry into a map, in place of one that is there; 0 or a negative errno. */
export const mapSet = (fd: number, key: Uint8Array, value: Uint8Array): number =>
  number(m.update(fd, key, value, 0));

/** Mounts a file system that has no device. */
export const mountSystem = (type: string, target: string): boolean =>
  number(m.mount(type, target, type, 0, '')) === 0;
