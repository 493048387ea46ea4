import { hostname, release } from 'node:os';
import type { Scenario } from '../scenario/scenario.js';
import type { DetectionFeed } from './feed.js';
import type { BenignLoad, DrillRun, ScenarioResult } from './result.js';
import { LOAD_PAUSE_MS, runLoad } from './run-load.js';
import { type RunOptions, runScenarios } from './run-scenarios.js';
import { Watch } from './watch.js';
import { inWorkshop, type WorkshopOptions } from './workshop.js';

export interface DrillOptions extends RunOptions {
  readonly workshop: WorkshopOptions;
  readonly producer: string;
  readonly load: { readonly loads: readonly Scenario[]; readonly forMs: number } | undefined;
  readonly onLoad?: (loads: readonly Scenario[]) => void;
}

/**
 * Runs scenarios, then the benign load, and removes whatever it made, also when it is aborted or fails.
 *
 * @throws DrillError when there can be no scratch containers at all
 */
export function runDrill(
  scenarios: readonly Scenario[],
  feed: DetectionFeed,
  options: DrillOptions,
  signal: AbortSignal,
): Promise<DrillRun> {
  const startedAt = new Date().toISOString();
  const watch = new Watch(feed);
  return inWorkshop(
    { ...options.workshop, lifeSeconds: Math.ceil((options.load?.forMs ?? 0) / 1000) },
    signal,
    async (workshop) => {
      const scene = { workshop, watch, signal };
      const results: readonly ScenarioResult[] = await runScenarios(scenarios, scene, options);
      let load: BenignLoad | undefined;
      if (options.load !== undefined && !signal.aborted) {
        options.onLoad?.(options.load.loads);
        const { loads, forMs } = options.load;
        const { detectWithinMs } = options;
        load = await runLoad(loads, scene, { forMs, pauseMs: LOAD_PAUSE_MS, detectWithinMs });
      }
      return {
        format: 1,
        ...{ startedAt, endedAt: new Date().toISOString(), hostname: hostname(), kernel: release() },
        ...{ producer: options.producer, detectedBy: feed.origin, root: workshop.root.origin },
        ...{ isInterrupted: signal.aborted, results, load, lostEvents: await feed.lost(), rules: feed.rules },
        posture: await feed.posture(results, startedAt),
      };
    },
  );
}
