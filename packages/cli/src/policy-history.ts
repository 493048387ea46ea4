import { plainPolicy, type RuntimePolicy } from '@runward/policy';
import {
  type PolicyBacktestSummary,
  type PoolResult,
  replayFiles,
  summarizePolicyBacktest,
} from '@runward/replay';
import { historyFiles, ProgressLine } from './replay-session.js';
import { SessionEnd } from './session.js';

export interface PolicyTrial {
  readonly policies: readonly RuntimePolicy[];
  /** As they are now, where what these deny already is not to be told. */
  readonly against?: readonly RuntimePolicy[];
  /** Names of those that are tried. */
  readonly tried: readonly string[];
  readonly everywhere: boolean;
  /** Recordings, captures and folders of them. */
  readonly over: readonly string[];
  readonly jobs: number;
}

export interface TrialOutcome {
  readonly summary: PolicyBacktestSummary;
  readonly result: PoolResult;
}

/** Runs policies over history, with a line on the terminal that says how far it is. @throws UsageError */
export async function tryPolicies(trial: PolicyTrial): Promise<TrialOutcome> {
  const paths = await historyFiles(trial.over);
  const end = new SessionEnd();
  const abort = new AbortController();
  void end.requested.then(() => abort.abort());
  const progress = new ProgressLine();
  const result = await replayFiles(
    {
      paths,
      mode: {
        kind: 'policies',
        policies: trial.policies.map(plainPolicy),
        against: trial.against?.map(plainPolicy),
        tried: trial.tried,
        everywhere: trial.everywhere,
      },
      host: false,
      jobs: trial.jobs,
      signal: abort.signal,
    },
    { onProgress: (path, p) => progress.update(path, p) },
  );
  progress.clear();
  return { summary: summarizePolicyBacktest(result.files), result };
}
