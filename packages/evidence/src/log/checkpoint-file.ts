import type { Checkpoint } from './bodies.js';
import { canonical } from './canonical.js';
import type { Disk } from './disk.js';
import { CHECKPOINT_FILE } from './segment.js';

const APART_MS = 1000;

/** Keeps the last commit's signature in a file of its own, at most once a second: what the log must at least reach. */
export class CheckpointFile {
  readonly #disk: Disk;
  #latest: Checkpoint | undefined;
  #saved: Checkpoint | undefined;
  #saving: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #savedAtMs = Number.NEGATIVE_INFINITY;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  get latest(): Checkpoint | undefined {
    return this.#latest;
  }

  offer(checkpoint: Checkpoint): void {
    this.#latest = checkpoint;
    const waitMs = this.#savedAtMs + APART_MS - performance.now();
    if (waitMs <= 0) void this.#save();
    else this.#timer ??= setTimeout(() => void this.#save(), waitMs).unref();
  }

  /** Resolves when the latest is on the disk, or cannot be. */
  async settle(): Promise<void> {
    await this.#saving;
    if (this.#latest !== this.#saved) await this.#save();
    clearTimeout(this.#timer);
  }

  /** One that cannot be written is tried again with the next commit. */
  #save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#savedAtMs = performance.now();
    this.#saving = this.#saving.then(async () => {
      const checkpoint = this.#latest;
      if (checkpoint === undefined || checkpoint === this.#saved) return;
      await this.#disk.put(CHECKPOINT_FILE, Buffer.from(`${canonical(checkpoint)}\n`)).then(
        () => {
          this.#saved = checkpoint;
        },
        () => undefined,
      );
    });
    return this.#saving;
  }
}
