import { checkHost, HARDEN_WEIGHTS, type HardenFinding, Host } from '@runward/harden';
import { type Command, EXIT, type Parsed } from '../../command.js';
import { noOperands, ROOT_OPTION, rootOf } from '../../harden-options.js';
import { type Colour, paintFor, toJson, visible } from '../../terminal.js';

export const check: Command = {
  name: 'harden check',
  summary: 'say what is weak, why that matters and what mends it',
  operands: '',
  about: `Looks at the host and changes nothing. Ends with 1 when something critical or high is weak. The score is 100 less the weight of each
check that is weak, 0 at least: critical ${HARDEN_WEIGHTS.critical}, high ${HARDEN_WEIGHTS.high}, medium ${HARDEN_WEIGHTS.medium}, low ${HARDEN_WEIGHTS.low}. What this host does not tell does not count, and is listed.`,
  options: {
    all: { type: 'boolean', doc: 'also list what is hard and what is not there' },
    json: { type: 'boolean', doc: 'one JSON object' },
    ...ROOT_OPTION,
  },
  examples: [
    ['runward harden check', 'what is to be mended, the gravest first'],
    ['runward harden check --root /host', 'of a host that is mounted there'],
  ],
  run: checkCommand,
};

const COLOURS: Readonly<Record<string, Colour>> = {
  critical: 'red',
  high: 'red',
  medium: 'yellow',
  low: 'dim',
};
const isGrave = ({ severity, outcome }: HardenFinding): boolean =>
  outcome.state === 'weak' && (severity === 'critical' || severity === 'high');

async function checkCommand(args: Parsed): Promise<number> {
  noOperands(args, 'check');
  const report = checkHost(new Host(rootOf(args)));
  const code = report.findings.some(isGrave) ? EXIT.failure : EXIT.ok;
  if (args.flag('json')) {
    process.stdout.write(`${toJson(report)}\n`);
    return code;
  }
  const paint = paintFor(process.stdout);
  const of = (state: string) => report.findings.filter(({ outcome }) => outcome.state === state);
  for (const { severity, title, why, outcome } of of('weak')) {
    if (outcome.state !== 'weak') continue;
    const safe = outcome.change === undefined ? '' : ' (`harden apply` does)';
    process.stdout.write(
      `${paint(COLOURS[severity] ?? 'dim', severity.padEnd(8))}  ${title}: ${visible(outcome.found)}\n`,
    );
    process.stdout.write(`            ${why}\n            ${visible(outcome.mend)}${safe}\n`);
  }
  const shown = args.flag('all') ? ['hard', 'unknown', 'absent'] : ['unknown'];
  for (const state of shown)
    for (const { title, outcome } of of(state))
      process.stdout.write(`${paint('dim', state.padEnd(8))}  ${title}: ${visible(outcome.found)}\n`);
  process.stdout.write(
    `\n${of('weak').length} weak, ${of('hard').length} hard, ${of('unknown').length} not told, ${of('absent').length} not there; score ${report.score} of 100\n`,
  );
  return code;
}
