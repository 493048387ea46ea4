import { spawnSync } from 'node:child_process';
import type { Figure } from './figures.ts';
import { median } from './statistics.ts';

/** Beginnings of names, for `--only`. */
export const POLICY_FIGURES = ['policy_backtest'] as const;

/** What `runward policy backtest --json` says: on standard output the result, on standard error what it took. */
interface Tried {
  readonly nsPerEvent: number;
  readonly events: number;
  readonly actions: number;
  readonly cached: number;
  readonly denied: number;
}

function tried(runward: string, file: string): Tried {
  const args = ['policy', 'backtest', 'policies', '--everywhere', '--over', file, '--json'];
  const { stdout, stderr, status } = spawnSync(runward, args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`the backtest ended with ${status}: ${stderr}`);
  const { actions, cached, denied, events } = JSON.parse(stdout) as Omit<Tried, 'nsPerEvent'>; // our own command's output
  const { summary } = JSON.parse(stderr) as { readonly summary: { readonly cpuNsPerEvent: number } };
  return { nsPerEvent: summary.cpuNsPerEvent, events, actions, cached, denied };
}

/** All shipped policies, each held against every container of a recording. */
export function policyFigures(runward: string, file: string, rounds: number): readonly Figure[] {
  const results = Array.from({ length: rounds }, () => tried(runward, file));
  const us = results.map(({ nsPerEvent }) => nsPerEvent / 1000);
  const [first] = results;
  return [
    {
      figure: 'policy_backtest_rate',
      value: 1e6 / median(us),
      unit: 'events per second of CPU, all shipped policies over a recording of opens, reads, forks and execs',
      target: 'none; context',
      detail: { ...first, us },
    },
  ];
}
