import { join } from 'node:path';
import type { Detection } from '@runward/detect';
import { type Dropped, Output, type OutputStatus } from './output.js';
import type { OutputSettings } from './settings/output-settings.js';

export interface OutputsOptions {
  /** Where the queues are. */
  readonly folder: string;
  readonly hostname: string;
  readonly version: string;
  readonly say: (message: string) => void;
  readonly onDropped?: (dropped: Dropped) => void;
}

const PATIENCE_MS = 2000;

/** All places detections go to: each at its own pace, none waits for another. */
export class Outputs {
  readonly #outputs: readonly Output[];

  /** @throws OutputError when a queue cannot be used */
  constructor(settings: readonly OutputSettings[], options: OutputsOptions) {
    this.#outputs = settings.map(
      (each) =>
        new Output(each, {
          folder: join(options.folder, each.name),
          hostname: options.hostname,
          version: options.version,
          say: (message) => options.say(`output \`${each.name}\`: ${message}`),
          onDropped: (dropped) => options.onDropped?.(dropped),
        }),
    );
  }

  get status(): readonly OutputStatus[] {
    return this.#outputs.map(({ status }) => status);
  }

  write(detections: readonly Detection[]): void {
    for (const output of this.#outputs) output.write(detections);
  }

  /** What has not arrived stays on the disk for the next time. */
  async close(): Promise<void> {
    await Promise.all(this.#outputs.map((output) => output.close(PATIENCE_MS)));
  }
}
