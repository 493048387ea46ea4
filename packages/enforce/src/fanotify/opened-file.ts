import { readLinkInto, STATX_BYTES, statxInto } from '@runward/native/fanotify';

const MODE = 28;
const LINKS = 16;
const OWNER = 20;
const CTIME = 96;
const MOUNT_ID = 144;
const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const LONGEST_PATH = 4096;
const DELETED = new TextEncoder().encode(' (deleted)');

/**
 * The file of an event, by its descriptor. One for all events, filled anew for each. Its path is that below the root of
 * the mount namespace it was reached in.
 */
export class OpenedFile {
  readonly #statx = new Uint8Array(STATX_BYTES);
  readonly #view = new DataView(this.#statx.buffer);
  readonly path = new Uint8Array(LONGEST_PATH + 1);
  /** Bytes of the path; 0 when it has none that can be told. */
  pathLength = 0;
  mountId = 0;

  /** False when nothing can be found out. */
  look(fd: number): boolean {
    if (statxInto(fd, this.#statx) < 0) return false;
    this.mountId = Number(this.#view.getBigUint64(MOUNT_ID, true));
    const length = readLinkInto(`/proc/self/fd/${fd}`, this.path);
    this.pathLength = length <= 0 || length > LONGEST_PATH || this.path[0] !== 0x2f ? 0 : length;
    if (this.isUnlinked && this.#endsDeleted()) this.pathLength -= DELETED.length;
    return true;
  }

  get isUnlinked(): boolean {
    return this.#view.getUint32(LINKS, true) === 0;
  }
  get isFolder(): boolean {
    return (this.#view.getUint16(MODE, true) & S_IFMT) === S_IFDIR;
  }
  get owner(): number {
    return this.#view.getUint32(OWNER, true);
  }
  get changedNs(): bigint {
    return (
      this.#view.getBigInt64(CTIME, true) * 1_000_000_000n + BigInt(this.#view.getUint32(CTIME + 8, true))
    );
  }
  /** Bytes as latin1, one character each. */
  get pathText(): string {
    return Buffer.from(this.path.buffer, 0, this.pathLength).toString('latin1');
  }

  #endsDeleted(): boolean {
    const start = this.pathLength - DELETED.length;
    return start > 0 && DELETED.every((byte, at) => this.path[start + at] === byte);
  }
}
