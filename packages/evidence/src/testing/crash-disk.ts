import type { Disk, DiskFile } from '../log/disk.js';

/** A generator of numbers in [0, 1): the same seed gives the same run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Stored {
  /** What a loss of power leaves for certain. */
  synced: Buffer;
  /** What a reader sees. */
  cached: Buffer;
}

const failure = (code: string): Error => Object.assign(new Error(code), { code });

/**
 * A disk in memory that loses power when it is told to: at one of its operations, which then happened, or not, or in
 * part. Synced bytes stay; of the others nothing, a part, all, or something else does.
 */
export class CrashDisk implements Disk {
  readonly #files = new Map<string, Stored>();
  readonly #random: () => number;
  /** Operations until the power is lost. */
  operationsLeft = Number.POSITIVE_INFINITY;
  /** Bytes that still fit. */
  room = Number.POSITIVE_INFINITY;
  /** The next sync fails, and with it what was written since the last. */
  failsSync = false;
  /** Says that it synced, and did not. */
  lies = false;
  isDead = false;
  readonly #death = Promise.withResolvers<void>();
  readonly died = this.#death.promise;

  constructor(random: () => number = seeded(1)) {
    this.#random = random;
  }

  list(folder = ''): Promise<readonly string[]> {
    const head = folder === '' ? '' : `${folder}/`;
    const names = [...this.#files.keys()].filter((name) => name.startsWith(head));
    return this.#do(() => names.map((name) => name.slice(head.length)).filter((name) => !name.includes('/')));
  }

  read(name: string, from = 0, most = Number.POSITIVE_INFINITY): Promise<Buffer> {
    return this.#do(() => Buffer.from(this.#file(name).cached.subarray(from, from + most)));
  }

  size(name: string): Promise<number> {
    return this.#do(() => this.#file(name).cached.length);
  }

  put(name: string, bytes: Uint8Array): Promise<void> {
    return this.#change(() => {
      this.#use(bytes.length);
      this.#files.set(name, { synced: Buffer.from(bytes), cached: Buffer.from(bytes) });
    });
  }

  async append(name: string): Promise<DiskFile> {
    const file = await this.#do(() => this.#file(name));
    return {
      write: (bytes) => this.#write(file, bytes),
      sync: () =>
        this.#change(() => {
          if (this.failsSync) {
            this.failsSync = false;
            throw failure('EIO');
          }
          if (!this.lies) file.synced = file.cached;
        }),
      truncate: (size) =>
        this.#change(() => {
          file.cached = file.cached.subarray(0, size);
          file.synced = file.synced.subarray(0, size);
        }),
      close: () => Promise.resolve(),
    };
  }

  remove(name: string): Promise<void> {
    return this.#change(() => {
      this.#files.delete(name);
    });
  }

  erase(name: string): Promise<void> {
    return this.remove(name);
  }

  #write(file: Stored, bytes: Uint8Array): Promise<void> {
    return this.#change(
      () => {
        const fits = Math.min(bytes.length, this.room);
        this.room -= fits;
        file.cached = Buffer.concat([file.cached, bytes.subarray(0, fits)]);
        if (fits < bytes.length) throw failure('ENOSPC');
      },
      () => {
        const part = Math.floor(this.#random() * bytes.length);
        file.cached = Buffer.concat([file.cached, bytes.subarray(0, part)]);
      },
    );
  }

  #use(bytes: number): void {
    if (bytes > this.room) throw failure('ENOSPC');
    this.room -= bytes;
  }

  #file(name: string): Stored {
    const file = this.#files.get(name);
    if (file === undefined) throw failure('ENOENT');
    return file;
  }

  async #do<T>(act: () => T): Promise<T> {
    await undefined;
    if (this.isDead) throw failure('EIO');
    return act();
  }

  /** An operation in the middle of which the power may go; `partly` is what is left of it then, beside all or nothing. */
  async #change(act: () => void, partly: () => void = () => undefined): Promise<void> {
    await undefined;
    if (this.isDead) throw failure('EIO');
    this.operationsLeft -= 1;
    if (this.operationsLeft > 0) return act();
    this.isDead = true;
    this.#death.resolve();
    const lot = this.#random();
    if (lot < 1 / 3) act();
    else if (lot < 2 / 3) partly();
    throw failure('EIO');
  }

  /** The disk of the next start. `power`: also what was not synced is lost, or is not what it was. */
  afterCrash(kind: 'kill' | 'power'): CrashDisk {
    const next = new CrashDisk(this.#random);
    for (const [name, { synced, cached }] of this.#files) {
      const left =
        kind === 'kill' ? cached : Buffer.concat([synced, this.#remains(cached.subarray(synced.length))]);
      next.#files.set(name, { synced: left, cached: left });
    }
    return next;
  }

  /** Sectors reach a disk in any order, or as zeros, or not at all. */
  #remains(unsynced: Buffer): Buffer {
    const lot = Math.floor(this.#random() * 5);
    const part = Buffer.from(unsynced.subarray(0, Math.ceil(this.#random() * unsynced.length)));
    if (lot === 0) return Buffer.alloc(0);
    if (lot === 1) return part;
    if (lot === 2) return unsynced;
    const from = Math.floor(this.#random() * part.length);
    if (lot === 3) return Buffer.from(part.fill(0, from));
    for (let i = 0; i < 4 && part.length > 0; i += 1)
      part[Math.floor(this.#random() * part.length)] = Math.floor(this.#random() * 256);
    return part;
  }

  /** A copy to be tampered with. */
  copy(): CrashDisk {
    const next = new CrashDisk(this.#random);
    for (const [name, { synced, cached }] of this.#files) next.#files.set(name, { synced, cached });
    return next;
  }

  /** Changes a file behind the log's back; undefined takes it away. */
  edit(name: string, change: (bytes: Buffer) => Buffer | undefined): void {
    const bytes = change(Buffer.from(this.#files.get(name)?.cached ?? Buffer.alloc(0)));
    if (bytes === undefined) this.#files.delete(name);
    else this.#files.set(name, { synced: bytes, cached: bytes });
  }
}
