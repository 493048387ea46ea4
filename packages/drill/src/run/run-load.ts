import type { Scenario } from '../scenario/scenario.js';
import { ScratchContainer, type Workshop } from '../scratch/container.js';
import { hitsOf } from './judge.js';
import { lateMs, pause } from './pause.js';
import type { BenignLoad, LoadResult } from './result.js';
import { newContainerId } from './run-scenarios.js';
import type { Watch } from './watch.js';

export interface LoadOptions {
  readonly forMs: number;
  /** Between two rounds of one load, so that a drill leaves the machine to its work. */
  readonly pauseMs: number;
  /** How long a late detection is waited for. */
  readonly detectWithinMs: number;
}

export const LOAD_PAUSE_MS = 500;

/** Ordinary work, side by side in a container each, again and again: everything that is reported of it is wrong. */
export async function runLoad(
  loads: readonly Scenario[],
  {
    workshop,
    watch,
    signal,
  }: { readonly workshop: Workshop; readonly watch: Watch; readonly signal: AbortSignal },
  options: LoadOptions,
): Promise<BenignLoad> {
  const made = loads.map((load) => ({
    load,
    container: new ScratchContainer(workshop, newContainerId(load.id)),
  }));
  try {
    for (const { load, container } of made) {
      watch.expect(container.id);
      if (!signal.aborted) await container.start(load, signal);
    }
    const startedAtMs = performance.now();
    const results = await Promise.all(
      made.map(async ({ load, container }): Promise<LoadResult> => {
        const { rounds, failedRounds } = await work(container, load, startedAtMs, options, signal);
        await pause(lateMs(options.detectWithinMs), signal);
        const hits = hitsOf(undefined, watch.of(container.id));
        return { id: load.id, title: load.title, container: container.id, rounds, failedRounds, hits };
      }),
    );
    return {
      seconds: (performance.now() - startedAtMs) / 1000,
      loads: results,
      falsePositives: results.reduce((sum, { hits }) => sum + hits.reduce((n, { count }) => n + count, 0), 0),
    };
  } finally {
    await Promise.allSettled(made.map(({ container }) => container.remove()));
  }
}

async function work(
  container: ScratchContainer,
  { steps }: Scenario,
  startedAtMs: number,
  { forMs, pauseMs }: LoadOptions,
  signal: AbortSignal,
): Promise<Pick<LoadResult, 'rounds' | 'failedRounds'>> {
  let rounds = 0;
  let failedRounds = 0;
  // Once at least: of a load that did nothing nothing can be said.
  while (!signal.aborted && (rounds === 0 || performance.now() - startedAtMs < forMs)) {
    let isSound = true;
    for (const [i, step] of steps.entries()) {
      const { code } = await container.step(step, i, signal);
      if (signal.aborted) break;
      isSound &&= (step.exit ?? [0]).includes(code);
    }
    if (signal.aborted) break;
    rounds += 1;
    if (!isSound) failedRounds += 1;
    await pause(pauseMs, signal);
  }
  return { rounds, failedRounds };
}
