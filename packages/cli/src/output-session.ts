import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Detection } from '@runward/agent';
import type { Dropped, OutputSettings, OutputStatus, Outputs } from '@runward/outputs';
import { versionText } from './installation.js';

/** What waits in memory until outputs are there: more than a start brings, and far less than memory holds. */
const MOST_EARLY = 20_000;

/** The outputs of `runward run`: what comes before they are there waits for them. */
export class OutputSession {
  #outputs: Outputs | undefined;
  #early: Detection[] = [];
  /** What found no room meanwhile. */
  #missed: Pick<Dropped, 'count' | 'firstTime' | 'lastTime'> | undefined;
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
    this.#tellMissed(settings);
  }

  #tellMissed(settings: readonly OutputSettings[]): void {
    if (this.#missed === undefined) return;
    const why = 'they came before outputs were there, and too many';
    process.stderr.write(`runward: ${this.#missed.count} detections are sent nowhere: ${why}\n`);
    for (const { name } of settings) this.#onDropped({ output: name, ...this.#missed, why });
  }

  write(detections: readonly Detection[]): void {
    if (this.#outputs !== undefined) {
      this.#outputs.write(detections);
      return;
    }
    // The beginning is kept, as a full queue does.
    const kept = detections.slice(0, Math.max(0, MOST_EARLY - this.#early.length));
    this.#early.push(...kept);
    const [first, last] = [detections[kept.length], detections.at(-1)];
    if (first === undefined || last === undefined) return;
    const { count = 0, firstTime = first.time } = this.#missed ?? {};
    this.#missed = { count: count + detections.length - kept.length, firstTime, lastTime: last.time };
  }

  get status(): readonly OutputStatus[] {
    return this.#outputs?.status ?? [];
  }

  async close(): Promise<void> {
    await this.#outputs?.close();
  }
}
