import {
  type Detection,
  Detector,
  describeEvent,
  type EventRecord,
  NoiseFilter,
  type NoiseStats,
} from '@runward/detect';
import { type EventView, fieldCatalogue } from '@runward/events';
import { policyOfPlain } from '@runward/policy';
import { observe } from '@runward/policy/observe';
import { compileFilter, loadRules, type RuleSet, type SourceFile } from '@runward/rules';
import { Backtest } from '../backtest/backtest.js';
import type { BacktestReport } from '../backtest/report.js';
import { ReplayError } from '../error.js';
import type { EventSource, ReplayProgress } from '../event-source.js';
import { PolicyBacktest } from '../policies/policy-backtest.js';
import type { FileResult, ReplayTask } from './messages.js';

export interface FileReplayHandlers {
  readonly onDetection: (detection: Detection) => void;
  readonly onEvent: (event: EventRecord) => void;
  readonly onProgress: (progress: ReplayProgress) => void;
}

interface Judge {
  readonly onEvent: (view: EventView) => void;
  readonly onContainerEnd: (containerId: string) => void;
  /** Hands on what was held back; called once, at the end. */
  readonly close: () => void;
  readonly noise: () => NoiseStats;
  readonly detections: () => number;
  readonly report: () => FileResult['report'];
  readonly policyReport: () => FileResult['policyReport'];
}

const NOTHING = {
  onContainerEnd: (): void => undefined,
  close: (): void => undefined,
  noise: (): NoiseStats => ({ grouped: 0, limited: 0 }),
  report: (): undefined => undefined,
  policyReport: (): undefined => undefined,
  detections: (): number => 0,
};

/** Rules were checked before the replay began; whoever changes the files in between is told here. */
function rulesOf(files: readonly SourceFile[]): RuleSet {
  const { value } = loadRules(files, { catalogue: fieldCatalogue });
  if (value === undefined) {
    throw new ReplayError('REPLAY_RULES_REJECTED', 'the rules have errors', {
      help: '`runward rules check FILE…` tells them',
    });
  }
  return value;
}

function judgeOf(task: ReplayTask, source: EventSource, handlers: FileReplayHandlers): Judge {
  const { mode } = task;
  // What a source of containers has of the host is there for ancestry, as live.
  const host = task.host && source.coverage.scope === 'host';
  switch (mode.kind) {
    case 'rules': {
      const detector = new Detector(rulesOf(mode.files), { host, allMatches: mode.allMatches });
      const noise = new NoiseFilter(mode.noise, handlers.onDetection);
      let detections = 0;
      const onDetection = (detection: Detection): void => {
        detections += 1;
        noise.take(detection);
      };
      return {
        ...NOTHING,
        // What was done goes along, as live.
        onEvent: (view) =>
          detector.judge(view, (detection) => onDetection({ ...detection, actions: observe(view) })),
        onContainerEnd: (id) => detector.endContainer(id),
        close: () => noise.close(),
        noise: () => noise.stats,
        detections: () => detections,
      };
    }
    case 'backtest': {
      const against = mode.against === undefined ? undefined : rulesOf(mode.against);
      const backtest = new Backtest(rulesOf(mode.files), against, { host, coverage: source.coverage });
      const report = (): BacktestReport => backtest.report();
      return {
        ...NOTHING,
        onEvent: (view) => backtest.judge(view),
        report,
        detections: () => report().detections,
      };
    }
    case 'policies': {
      const policies = mode.policies.map(policyOfPlain);
      const against = mode.against?.map(policyOfPlain);
      const { everywhere } = mode;
      const trial = { policies, against, tried: new Set(mode.tried), everywhere };
      const backtest = new PolicyBacktest(trial, source.coverage);
      return {
        ...NOTHING,
        onEvent: (view) => backtest.judge(view),
        policyReport: () => backtest.report(),
        detections: () => backtest.denied,
      };
    }
    case 'events': {
      const isShown = filterOf(mode.filter);
      const onEvent = (view: EventView): void => {
        if ((host || view.container !== undefined) && isShown(view)) handlers.onEvent(describeEvent(view));
      };
      return { ...NOTHING, onEvent };
    }
  }
}

function filterOf(text: string): (view: EventView) => boolean {
  if (text === '') return () => true;
  const { value } = compileFilter<EventView>(text, fieldCatalogue);
  if (value === undefined) {
    throw new ReplayError('REPLAY_RULES_REJECTED', `the filter \`${text}\` has errors`, { help: '' });
  }
  return (view) => value.test(view, view.typeName);
}

/**
 * Replays one source on this thread.
 *
 * @throws ReplayError REPLAY_RULES_REJECTED, and what {@link EventSource.replay} throws
 */
export async function replayFile(
  source: EventSource,
  task: ReplayTask,
  handlers: FileReplayHandlers,
  signal: AbortSignal,
): Promise<FileResult> {
  const judge = judgeOf(task, source, handlers);
  const startedAtMs = performance.now();
  const before = process.threadCpuUsage();
  const { onEvent, onContainerEnd } = judge;
  const stats = await source.replay(onEvent, { signal, onProgress: handlers.onProgress, onContainerEnd });
  judge.close();
  const { user, system } = process.threadCpuUsage(before);
  return {
    ...stats,
    path: task.path,
    detections: judge.detections(),
    noise: judge.noise(),
    limits: source.coverage.limits ?? [],
    cpuSeconds: (user + system) / 1e6,
    seconds: (performance.now() - startedAtMs) / 1000,
    report: judge.report(),
    policyReport: judge.policyReport(),
  };
}
