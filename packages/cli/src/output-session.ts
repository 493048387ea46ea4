import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Detection } from '@runward/agent';
import type { Dropped, OutputSettings, OutputStatus, Outputs } from '@runward/outputs';
import { versionText } from './installation.js';

/** The outputs of `runward run`: what comes before they are there waits for them. */
export class OutputSession {
  #outputs: Outputs | undefined;
  #early: Detection[] = [];
  readonly #onDropped: (dropped: Dropped) => void;

  /** `onDropped`: told of what an output had no room for, once it has some again. */
  constructor(onDropped: (dropped: Dropped) => void) {
    this.#onDropped = onDropped;
  }

  /** @throws OutputError when a queue cannot be used */
  async open(settings: readonly OutputSettings[], state: string): Promise<void> {
    const { Outputs } = await import('@runward/outputs');
    this.#outputs = new Outputs(settings, {
      folder: join(state, 'outputs'),
      hostname: hostname(),
      version: versionText(),
      say: (message) => void process.stderr.write(`runward: ${message}\n`),
      onDropped: this.#onDropped,
    });
    this.#outputs.write(this.#early);
    this.#early = [];
  }

  write(detections: readonly Detection[]): void {
    if (this.#outputs === undefined) this.#early.push(...detections);
    else this.#outputs.write(detections);
  }

  get status(): readonly OutputStatus[] {
    return this.#outputs?.status ?? [];
  }

  async close(): Promise<void> {
    await this.#outputs?.close();
  }
}
