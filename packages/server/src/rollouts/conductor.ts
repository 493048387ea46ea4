import type { Changes } from '../changes/index.js';
import type { Documents } from '../documents/index.js';
import { messageOf } from '../error.js';
import type { RolloutDesk } from './desk.js';
import type { Rollout } from './rollout.js';
import type { Rollouts } from './rollouts.js';

export interface ConductorOptions {
  readonly desk: RolloutDesk;
  readonly documents: Documents;
  readonly rollouts: Rollouts;
  readonly changes: Changes;
  readonly say: (message: string) => void;
  /** Between looks. */
  readonly everyMs?: number;
}

const EVERY_MS = 5000;

/** Looks at running roll-outs again and again, and does what is due. */
export class Conductor {
  readonly #options: ConductorOptions;
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> = Promise.resolve();
  #isLooking = false;

  constructor(options: ConductorOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      if (!this.#isLooking) void this.look();
    }, options.everyMs ?? EVERY_MS).unref();
  }

  /** Once, at all of them. Never rejects: one that cannot be judged is looked at again. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    try {
      for (const rollout of await this.#options.rollouts.running())
        await this.#conduct(rollout).catch((error: unknown) =>
          this.#options.say(`a roll-out cannot be judged, and waits: ${messageOf(error)}`),
        );
    } catch (error) {
      this.#options.say(`roll-outs cannot be read: ${messageOf(error)}`);
    } finally {
      this.#isLooking = false;
    }
  }

  async #conduct(rollout: Rollout): Promise<void> {
    const { desk, documents, rollouts, changes } = this.#options;
    const document = await documents.get(rollout.document);
    const judged = await desk.judge(rollout, document);
    if (judged.next === 'back') {
      // Also while it cannot be put on record: what does harm does not wait for a disk.
      await rollouts.back(rollout, judged.why);
      this.#options.say(
        `version ${rollout.version} of ${document.kind}/${document.name} was rolled back: ${judged.why}`,
      );
      await this.#record('rollBackByItself', rollout, { state: 'rolled-back', why: judged.why });
    } else if (judged.next === 'held') await rollouts.hold(rollout.id);
    else if (judged.next === 'advance' && changes.trouble === undefined) {
      const done = await desk.advance(rollout, document);
      await this.#record(done === 'settled' ? 'settleRollout' : 'advanceRollout', rollout, {
        ...(done === 'settled' ? { state: 'done' } : { state: 'running', stage: rollout.stage + 1 }),
      });
    }
  }

  async #record(action: string, { document, version, stage, former }: Rollout, after: object): Promise<void> {
    const target = `documents/${document}/versions/${version}`;
    await this.#options.changes.record({
      ...{ action, who: null, target, before: { state: 'running', stage, former }, after },
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }
}
