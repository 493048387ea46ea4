import { type RuntimePolicy, SECTIONS, type SectionName } from '@runward/policy';
import { known, type StoredPolicy, withModes } from '@runward/state';
import { askYesNo, canAsk } from '../../ask.js';
import { type Command, EXIT, nearest, type Parsed, UsageError } from '../../command.js';
import { policyBacktestText } from '../../policy-backtest-text.js';
import { changePolicies, type PolicyDesk, policyDesk, reporting, STATE_OPTIONS } from '../../policy-desk.js';
import { type TrialOutcome, tryPolicies } from '../../policy-history.js';
import { printChanges } from '../../policy-text.js';
import {
  backtestEvidence,
  type MonitorEvidence,
  monitorEvidence,
  type PromotionEvidence,
} from '../../promotion-evidence.js';
import { countOf, jobsOf, printReplaySummary } from '../../replay-session.js';
import { toJson, visible } from '../../terminal.js';

export const promote: Command = {
  name: 'policy promote',
  summary: 'from monitor to protect, after showing what that would have denied',
  operands: 'NAME [SECTION…]',
  about: `Puts sections of an applied policy that are in monitor into protect; all of them when none is named. First it shows what
would have been denied that is not denied now: in recordings (--over), together with all other applied policies, and
as counted by the agent while they were in monitor. Then it asks; --yes answers for machines.

The decision is kept with what it was based on (\`runward policy show NAME --history\`). Without any history of a
container that the policy selects it refuses, unless --without-history says that this is meant.`,
  options: {
    over: { type: 'string', multiple: true, value: 'FILE|DIR', doc: 'recordings to judge by; repeatable' },
    yes: { type: 'boolean', doc: 'do not ask' },
    'without-history': { type: 'boolean', doc: 'promote although there is nothing to judge by' },
    json: { type: 'boolean', doc: 'one JSON object' },
    jobs: { type: 'string', value: 'N', doc: 'files replayed at once (default: one per core)' },
    ...STATE_OPTIONS,
  },
  examples: [
    ['runward policy promote web --over /var/lib/runward/flight', 'shows, asks, and denies from then on'],
    ['runward policy promote web file --over recordings/ --yes --json', 'in a pipeline'],
  ],
  run: promoteCommand,
};

async function promoteCommand(args: Parsed): Promise<number> {
  const [name, ...words] = args.rest;
  if (name === undefined)
    throw new UsageError(
      'no policy is named',
      'write `runward policy promote NAME`; `policy list` has the names',
    );
  const jobs = jobsOf(args);
  const desk = await policyDesk(args);
  const register = await desk.store.read();
  const stored = known(register, name);
  const sections = sectionsToPromote(stored, words);
  const json = args.flag('json');
  if (sections.length === 0) {
    process.stdout.write(
      json
        ? `${toJson({ changes: [], diagnostics: [] })}\n`
        : 'nothing to promote: it is in protect already\n',
    );
    return EXIT.ok;
  }
  const trial = await backtested(args.texts('over'), stored, sections, register.policies, jobs);
  const monitor = await monitored(desk, name, sections);
  if (trial !== undefined && trial.result.failures.length > 0) {
    printReplaySummary(trial.result, 0, false);
    process.stderr.write('runward: nothing was promoted: not all of the history could be read\n');
    return EXIT.failure;
  }
  if (!args.flag('without-history')) requireHistory(trial, monitor);
  if (!json) show(trial, monitor);
  const confirmed = await confirm(args, name, sections, trial);
  if (confirmed === undefined) {
    process.stderr.write('runward: nothing was promoted\n');
    return EXIT.failure;
  }
  const evidence: PromotionEvidence = {
    confirmed,
    backtest: trial === undefined ? null : backtestEvidence(trial.summary),
    monitor: monitor ?? null,
  };
  const change = { name, sections, mode: 'protect' } as const;
  const { revision } = stored;
  const report = await reporting(() =>
    changePolicies(
      desk,
      { path: '/v1/policies/promote', body: { ...change, revision, evidence } },
      (administration, who) => administration.promote(change, revision, evidence, who),
    ),
  );
  if (json) process.stdout.write(`${toJson({ ...report, evidence })}\n`);
  else {
    printChanges(report);
    process.stderr.write(`runward: ${desk.standing}\n`);
  }
  return EXIT.ok;
}

/** Sections that are in monitor; of those that were named, those that are not in protect yet. */
function sectionsToPromote({ name, policy }: StoredPolicy, words: readonly string[]): readonly SectionName[] {
  if (words.length === 0) return SECTIONS.filter((section) => policy[section]?.mode === 'monitor');
  const present = SECTIONS.filter((section) => policy[section] !== undefined);
  return [...new Set(words)].flatMap((word) => {
    const section = present.find((each) => each === word);
    if (section === undefined) {
      const near = nearest(word, present);
      throw new UsageError(
        `\`${name}\` has no section \`${word}\``,
        near === undefined ? `it has ${present.join(', ')}` : `did you mean \`${near}\`?`,
      );
    }
    const mode = policy[section]?.mode;
    if (mode === 'protect') return [];
    if (mode === 'monitor') return [section];
    throw new UsageError(
      `\`${section}\` of \`${name}\` is in ${mode}: nobody knows what it would deny`,
      `put it in monitor first: \`runward policy mode ${name} ${section} monitor\``,
    );
  });
}

/** With all applied policies as they are, and as they would be. */
async function backtested(
  over: readonly string[],
  stored: StoredPolicy,
  sections: readonly SectionName[],
  policies: readonly StoredPolicy[],
  jobs: number,
): Promise<TrialOutcome | undefined> {
  if (over.length === 0) return undefined;
  const against: readonly RuntimePolicy[] = policies.map(({ policy }) => policy);
  const protect = Object.fromEntries(sections.map((section) => [section, 'protect' as const]));
  const after = against.map((policy) => (policy.name === stored.name ? withModes(policy, protect) : policy));
  return tryPolicies({ policies: after, against, tried: [stored.name], everywhere: false, over, jobs });
}

/** What the agent counted; undefined where none has these policies in force. */
async function monitored(
  desk: PolicyDesk,
  name: string,
  sections: readonly SectionName[],
): Promise<MonitorEvidence | undefined> {
  if (desk.agent === undefined) return undefined;
  const query = `?policy=${encodeURIComponent(name)}`;
  const standing = await desk.agent.ask('GET', `/v1/enforcement/containers${query}`);
  const counted = await desk.agent.ask('GET', `/v1/enforcement/lines${query}`);
  return monitorEvidence(standing, counted, sections);
}

/** A recording with a container of the policy, or an agent that watches every one of the sections. */
function requireHistory(trial: TrialOutcome | undefined, monitor: MonitorEvidence | undefined): void {
  if (trial !== undefined && trial.summary.selected > 0) return;
  if (monitor !== undefined && monitor.unwatched.length === 0) return;
  const recorded =
    trial === undefined
      ? 'no recording is named'
      : `none of ${countOf(trial.summary.containers, 'container')} in the recordings is selected by the policy`;
  const counted =
    monitor === undefined
      ? 'no agent is running with these policies'
      : `the agent counts nothing of ${monitor.unwatched.map(({ section, why }) => `${section} (${why})`).join(', ')}`;
  throw new UsageError(
    `there is no history to judge by: ${recorded}, and ${counted}`,
    'record what the workload does (`runward record`, `runward run --flight-recorder DIR`) and name it with `--over DIR`; `--without-history` promotes all the same',
  );
}

function show(trial: TrialOutcome | undefined, monitor: MonitorEvidence | undefined): void {
  if (trial !== undefined) process.stdout.write(`${policyBacktestText(trial.summary)}\n`);
  if (monitor === undefined) return;
  const { containers, since, lines, unwatched } = monitor;
  const rows = [`Counted in monitor, in ${countOf(containers, 'container')} since ${since ?? 'never'}:`];
  for (const { section, text, file, line, hits, lastMs } of lines)
    rows.push(
      `  ${hits} times, last ${new Date(lastMs).toISOString()}: ${section} ${text} (${file}:${line})`,
    );
  if (lines.length === 0) rows.push('  nothing that would have been denied');
  for (const { section, why } of unwatched) rows.push(`  of ${section} nothing is counted: ${why}`);
  process.stdout.write(`${rows.map(visible).join('\n')}\n\n`);
}

async function confirm(
  args: Parsed,
  name: string,
  sections: readonly SectionName[],
  trial: TrialOutcome | undefined,
): Promise<PromotionEvidence['confirmed'] | undefined> {
  if (args.flag('yes')) return '--yes';
  if (!canAsk())
    throw new UsageError(
      'nobody can be asked: there is no terminal',
      'add `--yes` when what is shown may be denied',
    );
  const found =
    trial === undefined
      ? ''
      : ` ${countOf(trial.summary.denied, 'action')} of the history would have been denied.`;
  const yes = await askYesNo(
    `Deny what ${sections.join(', ')} of ${visible(name)} do not allow, from now on?${found}`,
  );
  return yes ? 'asked' : undefined;
}
