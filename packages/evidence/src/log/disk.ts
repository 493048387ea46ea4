/** A file that only grows, and is cut back only to where it was synced. */
export interface DiskFile {
  write(bytes: Uint8Array): Promise<void>;
  /** What was written is there after a loss of power. */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * What the log needs of a folder. Names may have one folder in front (`private/…`). Everything but {@link append}ed bytes is
 * durable when its promise resolves. Tests put a disk behind it that loses power.
 */
export interface Disk {
  /** Names of files in the folder, or in one below; empty when there is none. */
  list(folder?: string): Promise<readonly string[]>;
  /** From a byte on, at most so many. Rejects with ENOENT. */
  read(name: string, from?: number, most?: number): Promise<Buffer>;
  /** Bytes. Rejects with ENOENT. */
  size(name: string): Promise<number>;
  /** Replaces the file whole or not at all. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** Opens for writing at the end of a file that is there. */
  append(name: string): Promise<DiskFile>;
  remove(name: string): Promise<void>;
  /** As {@link remove}, its bytes overwritten first. */
  erase(name: string): Promise<void>;
}
