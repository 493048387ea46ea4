import type { Attempt, Trial } from './trial.js';

/** What was found on one kind of host. */
export interface Findings {
  /** Such as `6.12.74, BPF LSM`. */
  readonly host: string;
  /** Seconds of load each server was learned under, and carried under the policy. */
  readonly seconds: number;
  /** The same attempts without any policy, by server. */
  readonly before: Readonly<Record<string, readonly Attempt[]>>;
  readonly trials: readonly Trial[];
}

const SHORT: Readonly<Record<string, string>> = { kernelSurface: 'surface', capabilities: 'capability' };

/** What stopped an attempt: the section and its mechanism, the kernel by itself, or nothing. */
export function verdictCell(after: Attempt | undefined, before: Attempt | undefined): string {
  if (after === undefined) return '';
  if (before !== undefined && !before.worked) return '–';
  if (after.worked) return '**works**';
  if (after.verdict === undefined) return `stopped at ${after.stoppedAt || 'its end'}`;
  const { section, mechanism } = after.verdict;
  return `${SHORT[section] ?? section} (${mechanism})`;
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** One table: attempts down, servers across. */
export function attemptTable(trials: readonly Trial[], before: Findings['before']): string {
  const names = [...new Set(trials.flatMap(({ attempts }) => attempts.map(({ name }) => name)))];
  const find = (attempts: readonly Attempt[] | undefined, name: string): Attempt | undefined =>
    attempts?.find((attempt) => attempt.name === name);
  const lines = names.map((name) => {
    const what = trials.flatMap(({ attempts }) => find(attempts, name) ?? [])[0]?.what ?? '';
    const cells = trials.map(({ server, attempts }) =>
      verdictCell(find(attempts, name), find(before[server], name)),
    );
    return row([`${name}: ${what}`, ...cells]);
  });
  const head = ['Attempt', ...trials.map(({ server }) => server)];
  return [row(head), row(head.map(() => '---')), ...lines].join('\n');
}

/** Attempts that would have worked, denied, and denials of the load, per server. */
export function summaryTable(trials: readonly Trial[], before: Findings['before']): string {
  const head = ['Server', 'Load', 'False denials', 'Attempts that work without a policy', 'Of those stopped'];
  const lines = trials.map((trial) => {
    const real = trial.attempts.filter(({ name }) => worksBefore(before[trial.server], name));
    const stopped = real.filter(({ worked }) => !worked);
    const left = real.filter(({ worked }) => worked).map(({ name }) => name);
    return row([
      trial.server,
      trial.failures.length === 0 ? 'unharmed' : `${trial.failures.length} failures`,
      String(trial.falseDenials.length),
      before[trial.server] === undefined ? `of ${real.length} made` : String(real.length),
      left.length === 0 ? `${stopped.length}, all` : `${stopped.length}, not ${left.join(', ')}`,
    ]);
  });
  return [row(head), row(head.map(() => '---')), ...lines].join('\n');
}

const worksBefore = (before: readonly Attempt[] | undefined, name: string): boolean =>
  before?.find((attempt) => attempt.name === name)?.worked ?? true;
