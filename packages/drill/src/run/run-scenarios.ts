import { randomBytes } from 'node:crypto';
import { reasonOf } from '../error.js';
import type { Scenario } from '../scenario/scenario.js';
import { ScratchContainer, type Workshop } from '../scratch/container.js';
import { hitsOf, isExpected } from './judge.js';
import { lateMs, pause } from './pause.js';
import type { Outcome, ScenarioResult } from './result.js';
import type { Watch } from './watch.js';

export interface RunOptions {
  /** How long a detection may take before it counts as missed. */
  readonly detectWithinMs: number;
  /** How old a container is when steps of settled ones begin. */
  readonly settledMs: number;
  /** How long a response to what was detected is waited for; 0 where nobody responds. */
  readonly respondWithinMs: number;
  /** How many containers are started side by side. */
  readonly atOnce: number;
  readonly onBegin?: (scenario: Scenario) => void;
  readonly onResult?: (result: ScenarioResult) => void;
}

/** What the default rules leave to entrypoints is half a minute; a little more, for clocks and loaded machines. */
export const SETTLED_MS = 31_000;
export const DETECT_WITHIN_MS = 10_000;
/** Of an agent that may respond. */
export const RESPOND_WITHIN_MS = 2_000;
const RESPONSE_LOOK_MS = 20;

export const newContainerId = (scenario: string): string =>
  `${randomBytes(6).toString('hex')}-drill-${scenario}`;

interface Prepared {
  readonly scenario: Scenario;
  readonly container: ScratchContainer;
  readonly started: Promise<string | undefined>;
}

interface Acted {
  readonly reason: string;
  readonly isInterrupted: boolean;
}

/**
 * Each scenario in a container of its own. All containers are started first, and removed when everything is judged: that is
 * work, and would disturb the times. Steps are taken one scenario after the other, those that need an older container last.
 */
export async function runScenarios(
  scenarios: readonly Scenario[],
  {
    workshop,
    watch,
    signal,
  }: { readonly workshop: Workshop; readonly watch: Watch; readonly signal: AbortSignal },
  options: RunOptions,
): Promise<readonly ScenarioResult[]> {
  const skipped = scenarios.flatMap((scenario) => {
    const reason = obstacle(scenario, workshop);
    return reason === undefined ? [] : [{ ...nothingOf(scenario), outcome: 'skipped' as const, reason }];
  });
  for (const result of skipped) options.onResult?.(result);
  const ordered = scenarios
    .filter((scenario) => obstacle(scenario, workshop) === undefined)
    .sort((a, b) => Number(needsAge(a)) - Number(needsAge(b)));
  const prepared = startAll(ordered, workshop, watch, signal, options.atOnce);
  const judging: Promise<ScenarioResult>[] = [];
  try {
    await Promise.all(prepared.map(({ started }) => started));
    for (const each of prepared) {
      if (!signal.aborted) options.onBegin?.(each.scenario);
      const acted = await act(each, options, signal);
      judging.push(
        judge(each, acted, watch, options, signal).then((result) => {
          options.onResult?.(result);
          return result;
        }),
      );
    }
    return [...skipped, ...(await Promise.all(judging))];
  } finally {
    await Promise.all(prepared.map(({ started }) => started));
    await removeAll(prepared, options.atOnce);
  }
}

const nothingOf = ({ id, title, theme, benign, tactic, technique }: Scenario) => ({
  ...{ id, title, theme, benign: benign === true, tactic: tactic ?? '', technique: technique ?? '' },
  ...{ container: '', hits: [], detectMs: undefined, respondMs: undefined },
});

const needsAge = ({ container }: Scenario): boolean => container?.settled === true;

function startAll(
  scenarios: readonly Scenario[],
  workshop: Workshop,
  watch: Watch,
  signal: AbortSignal,
  atOnce: number,
): readonly Prepared[] {
  const lanes: Promise<unknown>[] = Array.from({ length: atOnce }, () => Promise.resolve());
  return scenarios.map((scenario, i) => {
    const container = new ScratchContainer(workshop, newContainerId(scenario.id));
    watch.expect(container.id);
    const lane = i % atOnce;
    const started = (lanes[lane] ?? Promise.resolve()).then(async () => {
      if (signal.aborted) return undefined;
      return container.start(scenario, signal).then(() => undefined, reasonOf);
    });
    lanes[lane] = started;
    return { scenario, container, started };
  });
}

async function removeAll(prepared: readonly Prepared[], atOnce: number): Promise<void> {
  const left = [...prepared];
  const remove = async (): Promise<void> => {
    for (let each = left.pop(); each !== undefined; each = left.pop()) await each.container.remove();
  };
  await Promise.all(Array.from({ length: atOnce }, remove));
}

/** Why a scenario cannot be run with what this machine has. */
function obstacle({ network, steps }: Scenario, { root, script }: Workshop): string | undefined {
  if (network !== undefined && root.busybox === undefined)
    return '`busybox` is not installed, which sets up its network';
  if (steps.some(({ terminal }) => terminal === true) && script === undefined)
    return '`script` is not installed, which gives it a terminal';
  return undefined;
}

async function act(
  { scenario, container, started }: Prepared,
  { settledMs }: RunOptions,
  signal: AbortSignal,
): Promise<Acted> {
  const problem = await started;
  const stopped = { reason: '', isInterrupted: true };
  if (signal.aborted) return stopped;
  if (problem !== undefined) return { reason: problem, isInterrupted: false };
  if (needsAge(scenario)) await pause(settledMs - container.ageMs, signal);
  container.watchFate();
  for (const [i, step] of scenario.steps.entries()) {
    if (signal.aborted) return stopped;
    const { code, output, isTimedOut } = await container.step(step, i, signal);
    if (signal.aborted) return stopped;
    if (isTimedOut) return { reason: `step ${i + 1} (${step.title}) took too long`, isInterrupted: false };
    if ((step.exit ?? [0]).includes(code)) continue;
    // Somebody may have ended the container for what it did: that is a response, no failure of the scenario.
    if (container.metFateAtMs !== undefined || !(await container.isRunning()))
      return { reason: '', isInterrupted: false };
    const words = output.trim().split('\n').slice(-3).join(' / ').slice(0, 400);
    const reason = `step ${i + 1} (${step.title}) ended with ${code}${words === '' ? '' : `: ${words}`}`;
    return { reason, isInterrupted: false };
  }
  return { reason: '', isInterrupted: false };
}

async function judge(
  { scenario, container }: Prepared,
  { reason, isInterrupted }: Acted,
  watch: Watch,
  { detectWithinMs, respondWithinMs }: RunOptions,
  signal: AbortSignal,
): Promise<ScenarioResult> {
  const benign = scenario.benign === true;
  const first =
    isInterrupted || benign
      ? undefined
      : await watch.until(
          container.id,
          (observed) => isExpected(scenario, observed),
          reason === '' ? detectWithinMs : 0,
          signal,
        );
  if (first !== undefined) await responded(container, respondWithinMs, signal);
  if (benign && reason === '' && !isInterrupted) await pause(lateMs(detectWithinMs), signal);
  const hits = hitsOf(scenario, watch.of(container.id));
  const outcome = (): Outcome => {
    if (isInterrupted || (signal.aborted && first === undefined)) return 'interrupted';
    if (benign && hits.length > 0) return 'fired';
    if (first !== undefined) return 'detected';
    if (reason !== '') return 'failed';
    return benign ? 'quiet' : 'missed';
  };
  return {
    ...nothingOf(scenario),
    ...{ container: container.id, outcome: outcome(), reason, hits },
    detectMs: first && Math.max(0, first.arrivedAtMs - first.eventAtMs),
    respondMs:
      first === undefined || container.metFateAtMs === undefined
        ? undefined
        : Math.max(0, container.metFateAtMs - first.eventAtMs),
  };
}

async function responded(container: ScratchContainer, withinMs: number, signal: AbortSignal): Promise<void> {
  const endsAtMs = performance.now() + withinMs;
  while (container.metFateAtMs === undefined && performance.now() < endsAtMs && !signal.aborted)
    await pause(RESPONSE_LOOK_MS, signal);
}
