import { EXIT } from './command.js';

/** For commands that print and end: `runward rules list | head` is no failure, who reads has read enough. */
export function endOnClosedOutput(error: NodeJS.ErrnoException): void {
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failure);
}

/**
 * Lines to standard output. What the reader has not taken yet is awaited by the promise of {@link write}, so
 * that whoever makes the lines can wait as well and memory stays bounded; signals are answered meanwhile.
 */
export class LineWriter {
  #closed = false;
  #drained: PromiseWithResolvers<void> | undefined;
  readonly #onClosed: () => void;

  /** `onClosed` is told once when standard output cannot be written to any more. */
  constructor(onClosed: () => void) {
    this.#onClosed = onClosed;
    process.stdout.off('error', endOnClosedOutput);
    process.stdout.on('error', (error: NodeJS.ErrnoException) => this.#close(error));
    process.stdout.on('drain', () => this.#drain());
  }

  /** Undefined when nothing waits, else resolves when everything written is taken or will never be. */
  write(lines: readonly string[]): Promise<void> | undefined {
    if (this.#closed || lines.length === 0) return undefined;
    if (process.stdout.write(`${lines.join('\n')}\n`)) return undefined;
    this.#drained ??= Promise.withResolvers<void>();
    return this.#drained.promise;
  }

  /** Waits for the reader, not for ever; false when it has not taken everything in time. */
  async finish(patienceMs: number): Promise<boolean> {
    if (this.#drained === undefined) return true;
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(timeout.resolve, patienceMs);
    await Promise.race([this.#drained.promise, timeout.promise]);
    clearTimeout(timer);
    return this.#drained === undefined;
  }

  #drain(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }

  #close(error: NodeJS.ErrnoException): void {
    this.#drain();
    if (this.#closed) return;
    this.#closed = true;
    if (error.code !== 'EPIPE') process.stderr.write(`runward: standard output failed: ${error.message}\n`);
    this.#onClosed();
  }
}
