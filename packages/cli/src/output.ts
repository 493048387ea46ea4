import { writeSync } from 'node:fs';

const EAGAIN = 'EAGAIN';
const EPIPE = 'EPIPE';
const RETRY_MS = 5;
const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * Lines to standard output, written before this returns: nothing piles up in memory when the reader is slow
 * (the sensor then waits, and what its ring cannot hold is counted), and nothing is lost at exit.
 */
export class LineWriter {
  #closed = false;
  readonly #onClosed: () => void;

  constructor(onClosed: () => void) {
    this.#onClosed = onClosed;
  }

  write(lines: readonly string[]): void {
    if (this.#closed || lines.length === 0) return;
    let bytes: Uint8Array = Buffer.from(`${lines.join('\n')}\n`);
    while (bytes.length > 0) {
      try {
        bytes = bytes.subarray(writeSync(1, bytes));
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code; // fs errors carry one
        if (code === EAGAIN) {
          Atomics.wait(pause, 0, 0, RETRY_MS);
          continue;
        }
        this.#closed = true;
        if (code !== EPIPE) process.stderr.write(`runward: standard output failed: ${String(error)}\n`);
        this.#onClosed();
        return;
      }
    }
  }
}
