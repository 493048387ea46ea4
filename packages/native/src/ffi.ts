/**
 * The only file that calls native code: libbpf and a few libc functions through koffi.
 *
 * FFI has no memory safety, so each call sits behind a typed wrapper here, takes only values our own rooms
 * made, and nothing else imports koffi. Pointers are bigint; 0n or null is NULL.
 */
import koffi from 'koffi';
import { bind, inBackground, libbpf, libc, number, type Pointer, pointer } from './ffi-library.js';

const c = {
  mmap: bind(libc, 'void *mmap(void *addr, size_t length, int prot, int flags, int fd, int64_t offset)'),
  munmap: bind(libc, 'int munmap(void *addr, size_t length)'),
  epollCreate: bind(libc, 'int epoll_create1(int flags)'),
  epollCtl: bind(libc, 'int epoll_ctl(int epfd, int op, int fd, const uint8_t *event)'),
  epollWait: bind(libc, 'int epoll_wait(int epfd, uint8_t *events, int max, int timeoutMs)'),
  eventfd: bind(libc, 'int eventfd(unsigned int value, int flags)'),
  read: bind(libc, 'long read(int fd, uint8_t *buffer, size_t length)'),
  write: bind(libc, 'long write(int fd, const uint8_t *buffer, size_t length)'),
  close: bind(libc, 'int close(int fd)'),
  clockGettime: bind(libc, 'int clock_gettime(int clock, uint8_t *time)'),
  open: bind(libc, 'int open(const char *path, int flags)'),
  openat2: bind(
    libc,
    'long syscall(long number, long dirfd, const char *path, const uint8_t *how, size_t size)',
  ),
  mallocTrim: bind(libc, 'int malloc_trim(size_t pad)'),
  setpriority: bind(libc, 'int setpriority(int which, unsigned int who, int priority)'),
};

const b = {
  setPrint: bind(libbpf, 'void *libbpf_set_print(void *fn)'),
  open: bind(libbpf, 'void *bpf_object__open_file(const char *path, void *options)'),
  load: bind(libbpf, 'int bpf_object__load(void *object)'),
  close: bind(libbpf, 'void bpf_object__close(void *object)'),
  findProgram: bind(libbpf, 'void *bpf_object__find_program_by_name(void *object, const char *name)'),
  findMap: bind(libbpf, 'void *bpf_object__find_map_by_name(void *object, const char *name)'),
  setAutoload: bind(libbpf, 'int bpf_program__set_autoload(void *program, bool autoload)'),
  setAttachType: bind(libbpf, 'int bpf_program__set_expected_attach_type(void *program, int type)'),
  setLog: bind(libbpf, 'int bpf_program__set_log_buf(void *program, uint8_t *buffer, size_t size)'),
  programFd: bind(libbpf, 'int bpf_program__fd(void *program)'),
  attach: bind(libbpf, 'void *bpf_program__attach(void *program)'),
  attachCgroup: bind(libbpf, 'void *bpf_program__attach_cgroup(void *program, int cgroupFd)'),
  destroyLink: bind(libbpf, 'int bpf_link__destroy(void *link)'),
  linkFd: bind(libbpf, 'int bpf_link__fd(void *link)'),
  iterCreate: bind(libbpf, 'int bpf_iter_create(int linkFd)'),
  mapFd: bind(libbpf, 'int bpf_map__fd(void *map)'),
  setMaxEntries: bind(libbpf, 'int bpf_map__set_max_entries(void *map, uint32_t entries)'),
  initialValue: bind(libbpf, 'void *bpf_map__initial_value(void *map, _Out_ size_t *size)'),
  mapUpdate: bind(
    libbpf,
    'int bpf_map_update_elem(int fd, const uint8_t *key, const uint8_t *value, uint64_t flags)',
  ),
  mapLookup: bind(libbpf, 'int bpf_map_lookup_elem(int fd, const uint8_t *key, uint8_t *value)'),
  mapDelete: bind(libbpf, 'int bpf_map_delete_elem(int fd, const uint8_t *key)'),
  mapTake: bind(libbpf, 'int bpf_map_lookup_and_delete_elem(int fd, const uint8_t *key, uint8_t *value)'),
  mapLookupBatch: bind(
    libbpf,
    'int bpf_map_lookup_batch(int fd, const uint8_t *from, uint8_t *to, uint8_t *keys, uint8_t *values, uint32_t *count, const uint8_t *options)',
  ),
  loadVmlinuxBtf: bind(libbpf, 'void *btf__load_vmlinux_btf()'),
  freeBtf: bind(libbpf, 'void btf__free(void *btf)'),
  reuseFd: bind(libbpf, 'int bpf_map__reuse_fd(void *map, int fd)'),
  findType: bind(libbpf, 'int btf__find_by_name_kind(void *btf, const char *name, uint32_t kind)'),
  nameByOffset: bind(libbpf, 'const char *btf__name_by_offset(void *btf, uint32_t offset)'),
  typeById: bind(libbpf, 'void *btf__type_by_id(void *btf, uint32_t id)'),
  possibleCpus: bind(libbpf, 'int libbpf_num_possible_cpus()'),
};

b.setPrint(null);

/** `errno` of the last failed libc call. */
export const lastErrno = (): number => koffi.errno();

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;
const EPOLLIN = 1;
const EPOLL_CTL_ADD = 1;
const O_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;
const CLOCK_BOOTTIME = 7;

/** A shared mapping of `length` bytes of a map or ring; undefined when the kernel refuses. */
export function mapShared(
  fd: number,
  length: number,
  offset: number,
  writable: boolean,
): ArrayBuffer | undefined {
  const address = pointer(
    c.mmap(null, length, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, offset),
  );
  if (address === 0n || address === MAP_FAILED || address === -1n) return undefined;
  return koffi.view(address, length);
}

export const epollCreate = (): number => number(c.epollCreate(O_CLOEXEC));

export function epollAdd(epoll: number, fd: number): boolean {
  const event = new Uint8Array(12); // packed on x86-64; arm64 pads to 16
  const padded = process.arch === 'arm64' ? new Uint8Array(16) : event;
  new DataView(padded.buffer).setUint32(0, EPOLLIN, true);
  return number(c.epollCtl(epoll, EPOLL_CTL_ADD, fd, padded)) === 0;
}

const epollEvents = new Uint8Array(16 * 8);

/** The same without blocking: it waits on a thread of the pool, which is taken for so long. -1: without end. */
export const epollWaitInBackground = (epoll: number, timeoutMs: number): Promise<number> =>
  inBackground(c.epollWait, epoll, new Uint8Array(16), 1, timeoutMs).then(number);

/** Blocks the calling thread until a descriptor is readable or the time is over; returns how many are. */
export const epollWait = (epoll: number, timeoutMs: number): number =>
  number(c.epollWait(epoll, epollEvents, 8, timeoutMs));

export const createEventFd = (): number => number(c.eventfd(0, O_CLOEXEC | EFD_NONBLOCK));

const word = new Uint8Array(8);

export const signalEventFd = (fd: number): void => {
  new DataView(word.buffer).setBigUint64(0, 1n, true);
  c.write(fd, word, 8);
};
export const drainEventFd = (fd: number): void => void c.read(fd, word, 8);
export const closeFd = (fd: number): void => void c.close(fd);

const timespec = new BigInt64Array(2);
const timespecBytes = new Uint8Array(timespec.buffer);

/** CLOCK_BOOTTIME now, in nanoseconds. */
export function bootTimeNs(): bigint {
  c.clockGettime(CLOCK_BOOTTIME, timespecBytes);
  return (timespec[0] ?? 0n) * 1_000_000_000n + (timespec[1] ?? 0n);
}

const SYS_OPENAT2 = 437;
const O_PATH = 0o10000000;
const RESOLVE_NO_MAGICLINKS = 0x02n;
const RESOLVE_IN_ROOT = 0x10n;

export const openPath = (path: string): number => number(c.open(path, O_PATH | O_CLOEXEC));

/**
 * Opens `path` as an O_PATH descriptor with every link resolved inside the tree of `rootFd`, as a process
 * with that root would. Negative when it does not exist.
 */
export function openInRoot(rootFd: number, path: string, nofollow: boolean): number {
  const O_NOFOLLOW = 0o400000;
  const how = new BigUint64Array([
    BigInt(O_PATH | O_CLOEXEC | (nofollow ? O_NOFOLLOW : 0)),
    0n,
    RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
  ]);
  return number(c.openat2(SYS_OPENAT2, rootFd, path, new Uint8Array(how.buffer), 24));
}

/** Lower is more favourable, -20 to 19; of the calling thread. False when not permitted. */
export const setThreadPriority = (nice: number): boolean => number(c.setpriority(0, 0, nice)) === 0;

/** Gives free memory of the C heap back to the system: libbpf needs several MiB to load, and nothing after. */
export const trimNativeHeap = (): void => void c.mallocTrim(0);

export const possibleCpus = (): number => Math.max(1, number(b.possibleCpus()));

/** A log that does not fit keeps its end, where the reason is, on Linux 6.4 and newer. */
const LOG_BYTES = 256 * 1024;

/** An opened BPF object, its programs and maps by name. Errors are negative errno values, as in libbpf. */
export class BpfObject {
  readonly #object: Pointer;
  readonly #links = new Map<string, Pointer>();
  readonly #linksForNow = new Set<Pointer>();
  readonly #logs = new Map<string, Uint8Array>();

  private constructor(object: Pointer) {
    this.#object = object;
  }

  static open(path: string): BpfObject | undefined {
    const object = pointer(b.open(path, null));
    return object === 0n ? undefined : new BpfObject(object);
  }

  #program(name: string): Pointer {
    return pointer(b.findProgram(this.#object, name));
  }

  #map(name: string): Pointer {
    return pointer(b.findMap(this.#object, name));
  }

  hasProgram(name: string): boolean {
    return this.#program(name) !== 0n;
  }

  setAutoload(program: string, autoload: boolean): void {
    const p = this.#program(program);
    if (p !== 0n) b.setAutoload(p, autoload);
  }

  /** Where it is to be attached, of kinds that libbpf has no name for; before load. */
  setAttachType(program: string, type: number): void {
    const p = this.#program(program);
    if (p !== 0n) b.setAttachType(p, type);
  }

  /** Keeps the verifier's words on this program, should it refuse it: for {@link verifierLogs}. */
  captureLog(program: string): void {
    const p = this.#program(program);
    if (p === 0n) return;
    const buffer = new Uint8Array(LOG_BYTES);
    this.#logs.set(program, buffer);
    b.setLog(p, buffer, buffer.length);
  }

  /** The programs that have one, in the order they were captured in. */
  verifierLogs(): { readonly program: string; readonly text: string }[] {
    return [...this.#logs].flatMap(([program, buffer]) => {
      const text = new TextDecoder().decode(buffer.subarray(0, Math.max(0, buffer.indexOf(0))));
      return text === '' ? [] : [{ program, text }];
    });
  }

  setMaxEntries(map: string, entries: number): number {
    return number(b.setMaxEntries(this.#map(map), entries));
  }

  /** The initial contents of a data section, writable until load. */
  initialValue(map: string): ArrayBuffer | undefined {
    const size = [0];
    const m = this.#map(map);
    if (m === 0n) return undefined;
    const address = pointer(b.initialValue(m, size));
    return address === 0n ? undefined : koffi.view(address, Number(size[0]));
  }

  /** On a thread of its own: the verifier takes a while. Resolves to 0 or a negative errno. */
  load(): Promise<number> {
    return inBackground(b.load, this.#object).then((result) => {
      if (number(result) === 0) this.#logs.clear(); // nobody will ask, and libbpf will not write again
      return number(result);
    });
  }

  /** Uses this map in place of one of its own, once loaded; to be called before. 0, or a negative errno. */
  reuseMap(map: string, fd: number): number {
    return number(b.reuseFd(this.#map(map), fd));
  }

  /** 0, or a negative errno. The link lives as long as this object, and longer where it is pinned. */
  attach(program: string): number {
    return this.#keepLink(program, pointer(b.attach(this.#program(program))));
  }

  #keepLink(program: string, link: Pointer): number {
    if (link === 0n) return -lastErrno() || -1;
    this.#links.set(program, link);
    return 0;
  }

  /**
   * Attaches a program of the cgroup kinds to the group an open folder is, beside the programs of others. 0, or a
   * negative errno; EPERM also when somebody attached one that tolerates no other. The link lives as long as this
   * object, and longer where it is pinned.
   */
  attachCgroup(program: string, folderFd: number): number {
    return this.#keepLink(program, pointer(b.attachCgroup(this.#program(program), folderFd)));
  }

  /** Descriptor of the link of an attached program; -1 when it is not. */
  linkFd(program: string): number {
    const link = this.#links.get(program);
    return link === undefined ? -1 : number(b.linkFd(link));
  }

  /** As {@link attach}, until {@link detach}. */
  attachForNow(program: string): bigint | undefined {
    const link = pointer(b.attach(this.#program(program)));
    if (link === 0n) return undefined;
    this.#linksForNow.add(link);
    return link;
  }

  /** Ends what {@link attachForNow} began. */
  detach(link: bigint): void {
    if (this.#linksForNow.delete(link)) b.destroyLink(link);
  }

  /** Runs an iterator program to its end; returns what it wrote, or undefined. */
  runIterator(program: string): string | undefined {
    const written = this.readIterator(program, Number.POSITIVE_INFINITY);
    return written === undefined ? undefined : new TextDecoder().decode(written);
  }

  /** The same as bytes; stops reading after some more than `atMost`. */
  readIterator(program: string, atMost: number): Uint8Array | undefined {
    const link = pointer(b.attach(this.#program(program)));
    if (link === 0n) return undefined;
    const fd = number(b.iterCreate(number(b.linkFd(link))));
    const parts: Uint8Array[] = [];
    if (fd >= 0) {
      const buffer = new Uint8Array(64 * 1024);
      for (let total = 0; total <= atMost; ) {
        const n = number(c.read(fd, buffer, buffer.length));
        if (n <= 0) break;
        parts.push(buffer.slice(0, n));
        total += n;
      }
      closeFd(fd);
    }
    b.destroyLink(link);
    return fd >= 0 ? Buffer.concat(parts) : undefined;
  }

  programFd(program: string): number {
    return number(b.programFd(this.#program(program)));
  }

  mapFd(map: string): number {
    return number(b.mapFd(this.#map(map)));
  }

  close(): void {
    for (const link of [...this.#links.values(), ...this.#linksForNow]) b.destroyLink(link);
    this.#linksForNow.clear();
    this.#links.clear();
    b.close(this.#object);
  }
}

export const mapUpdate = (fd: number, key: Uint8Array, value: Uint8Array): boolean =>
  number(b.mapUpdate(fd, key, value, 0)) === 0;
export const mapLookup = (fd: number, key: Uint8Array, value: Uint8Array): boolean =>
  number(b.mapLookup(fd, key, value)) === 0;
export const mapDelete = (fd: number, key: Uint8Array): boolean => number(b.mapDelete(fd, key)) === 0;
/** Looks up and removes at once: nothing is counted in between. */
export const mapTake = (fd: number, key: Uint8Array, value: Uint8Array): boolean =>
  number(b.mapTake(fd, key, value)) === 0;

const ENOENT = 2;

/**
 * Reads a hash map in batches, handing on each as it comes. An entry that is made or removed meanwhile may be missed
 * or, where the kernel starts over, seen again. False when the kernel gave up.
 */
export function mapEntries(
  fd: number,
  { keyBytes, valueBytes, batch }: { keyBytes: number; valueBytes: number; batch: number },
  take: (keys: Uint8Array, values: Uint8Array, count: number) => void,
): boolean {
  const keys = new Uint8Array(keyBytes * batch);
  const values = new Uint8Array(valueBytes * batch);
  const place = new Uint8Array(Math.max(keyBytes, 8)); // hash maps go by bucket: 4 bytes of it are used
  for (let from: Uint8Array | null = null; ; from = place) {
    const count = new Uint32Array([batch]);
    const result = number(b.mapLookupBatch(fd, from, place, keys, values, count, null));
    if (result === 0 || result === -ENOENT) take(keys, values, count[0] ?? 0);
    if (result !== 0) return result === -ENOENT;
  }
}

const BTF_KIND_ENUM = 6;
const BTF_KIND_TYPEDEF = 8;
const BTF_KIND_FUNC = 12;
/** Size of `struct btf_type`; members follow it. */
const BTF_TYPE_SIZE = 12;

/** The kernel's own type information, as far as the sensor asks it. */
export class KernelBtf {
  readonly #btf: Pointer;

  private constructor(btf: Pointer) {
    this.#btf = btf;
  }

  /** undefined when the kernel has none (CONFIG_DEBUG_INFO_BTF). */
  static open(): KernelBtf | undefined {
    return KernelBtf.#of(b.loadVmlinuxBtf());
  }

  /** The same on a thread of its own: it is several MiB to read. */
  static load(): Promise<KernelBtf | undefined> {
    return inBackground(b.loadVmlinuxBtf).then(KernelBtf.#of);
  }

  static #of(this: void, result: unknown): KernelBtf | undefined {
    const btf = pointer(result);
    return btf === 0n ? undefined : new KernelBtf(btf);
  }

  /** How many arguments a raw tracepoint passes; undefined when the kernel has no such tracepoint. */
  tracepointArguments(name: string): number | undefined {
    // typedef void (*btf_trace_NAME)(void *, …): typedef → pointer → prototype
    const typedef = number(b.findType(this.#btf, `btf_trace_${name}`, BTF_KIND_TYPEDEF));
    if (typedef < 0) return undefined;
    const target = this.#word(typedef, 2);
    const prototype = this.#word(target, 2);
    return (this.#word(prototype, 1) & 0xffff) - 1;
  }

  hasFunction(name: string): boolean {
    return number(b.findType(this.#btf, name, BTF_KIND_FUNC)) > 0;
  }

  /** The value of a member of an enumeration; undefined when the kernel has none of that name. */
  enumValue(enumeration: string, member: string): number | undefined {
    const id = number(b.findType(this.#btf, enumeration, BTF_KIND_ENUM));
    if (id < 0) return undefined;
    const count = this.#word(id, 1) & 0xffff;
    // struct btf_enum: name offset, value
    const members = new DataView(koffi.view(pointer(b.typeById(this.#btf, id)), BTF_TYPE_SIZE + 8 * count));
    for (let i = 0; i < count; i += 1) {
      const at = BTF_TYPE_SIZE + 8 * i;
      if (b.nameByOffset(this.#btf, members.getUint32(at, true)) === member)
        return members.getInt32(at + 4, true);
    }
    return undefined;
  }

  /** Word `index` of `struct btf_type`: name, info (its low 16 bits count members), size or type. */
  #word(type: number, index: number): number {
    const address = pointer(b.typeById(this.#btf, type));
    return address === 0n ? 0 : new DataView(koffi.view(address, BTF_TYPE_SIZE)).getUint32(4 * index, true);
  }

  close(): void {
    b.freeBtf(this.#btf);
  }
}
