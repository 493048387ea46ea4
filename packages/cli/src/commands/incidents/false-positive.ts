import type { FalsePositiveReport } from '@runward/agent/incidents';
import { SOCKET_OPTION } from '../../agent-client.js';
import { type Command, EXIT, type Parsed } from '../../command.js';
import { changedText } from '../../incidents/incident-text.js';
import { exceptionText } from '../../incidents/report-text.js';
import { writeOutput } from '../../output-file.js';
import { toJson } from '../../terminal.js';
import { askAbout, onlyIncident } from './ask.js';
import { WHY_OPTION } from './change.js';

export const falsePositive: Command = {
  name: 'incidents false-positive',
  summary: 'close it as harmless, and get the exception that keeps it silent',
  operands: 'ID',
  about: `Closes an incident. The same, by the same programs, is counted in it from then on and opens nothing; everything else in
the container opens a new one. What would keep the detections themselves from coming is proposed: exceptions of rules,
lines that policies lack, exceptions of network detections. Nothing of it is applied: read it, then load it.`,
  options: {
    ...WHY_OPTION,
    'rules-file': {
      type: 'string',
      value: 'FILE',
      doc: 'write the exceptions of rules there, for `runward run --rules`',
    },
    'policy-file': {
      type: 'string',
      value: 'FILE',
      doc: 'write what policies lack there, for `runward policy apply`',
    },
    json: { type: 'boolean', doc: 'incident and proposal as one JSON object' },
    ...SOCKET_OPTION,
  },
  examples: [
    [
      'runward incidents false-positive 4f1c2a --why "nightly backup" --rules-file local.d/backup.yaml',
      'and keep the exception',
    ],
  ],
  run: falsePositiveCommand,
};

async function falsePositiveCommand(args: Parsed): Promise<number> {
  const id = onlyIncident(args, 'false-positive ID');
  const why = args.text('why');
  const report = (await askAbout(
    args,
    id,
    'false-positive',
    why === undefined ? {} : { why },
  )) as FalsePositiveReport; // the agent's own route
  const { incident, exception } = report;
  const files = [
    ['rules-file', exception.rules],
    ['policy-file', exception.policies],
  ] as const;
  for (const [option, text] of files) {
    const path = args.text(option);
    if (path === undefined) continue;
    if (text === '') process.stderr.write(`runward: \`--${option}\`: there is nothing to write\n`);
    else writeOutput(path, text);
  }
  process.stdout.write(
    args.flag('json')
      ? `${toJson(report)}\n`
      : `${changedText(incident)}\n${exceptionText(exception).join('\n')}\n`,
  );
  return EXIT.ok;
}
