import { inMode } from '@runward/policy';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { namedPolicies } from '../../named-policies.js';
import { writeOutput } from '../../output-file.js';
import { policyBacktestHtml } from '../../policy-backtest-html.js';
import { policyBacktestText } from '../../policy-backtest-text.js';
import { STATE_OPTIONS } from '../../policy-desk.js';
import { tryPolicies } from '../../policy-history.js';
import { jobsOf, printReplaySummary, requirePaths } from '../../replay-session.js';
import { toJson } from '../../terminal.js';

export const backtest: Command = {
  name: 'policy backtest',
  summary: 'say what policies would have denied in the past',
  operands: 'POLICY…',
  about: `Runs policies over recordings and says, per line and workload, what would have been denied had their sections in
monitor and protect been in protect: how often, when first and last, with examples. POLICY is a file, a folder or the
name of an applied policy; several that select the same container decide together, as they would in force.

What recordings cannot show is told beside it: silence of a line whose events were not recorded means nothing.`,
  options: {
    over: {
      type: 'string',
      multiple: true,
      value: 'FILE|DIR',
      doc: 'recordings and captures, repeatable (required)',
    },
    everywhere: {
      type: 'boolean',
      doc: 'judge every container, whomever the policies select: labels of today were not there then',
    },
    json: { type: 'boolean', doc: 'one object for machines' },
    html: { type: 'string', value: 'FILE', doc: 'also write a page that needs nothing else, for people' },
    jobs: { type: 'string', value: 'N', doc: 'files replayed at once (default: one per core)' },
    ...STATE_OPTIONS,
  },
  examples: [
    ['runward policy backtest web.yaml --over recordings/', 'before it is applied'],
    [
      'runward policy backtest policies/baseline.yaml --everywhere --over flight/ --html report.html',
      'as a page',
    ],
  ],
  run: backtestCommand,
};

async function backtestCommand(args: Parsed): Promise<number> {
  const startedAtMs = performance.now();
  const jobs = jobsOf(args);
  if (args.rest.length === 0)
    throw new UsageError('no policy is named', 'write `runward policy backtest FILE --over RECORDING`');
  const over = requirePaths(args.texts('over'), '`--over`', 'name recordings or captures with `--over FILE`');
  const policies = await namedPolicies(args.rest, args);
  if (policies === undefined) return EXIT.usage;
  const { summary, result } = await tryPolicies({
    policies: policies.map((policy) => inMode(policy, 'protect')),
    tried: policies.map(({ name }) => name),
    ...{ everywhere: args.flag('everywhere'), over, jobs },
  });
  const page = args.text('html');
  if (page !== undefined) writeOutput(page, policyBacktestHtml(summary));
  process.stdout.write(args.flag('json') ? `${toJson(summary)}\n` : policyBacktestText(summary));
  printReplaySummary(result, (performance.now() - startedAtMs) / 1000, args.flag('json'), 'denial');
  return result.failures.length > 0 ? EXIT.failure : EXIT.ok;
}
