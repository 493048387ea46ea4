import type { IncidentReport } from '@runward/agent/incidents';
import { SOCKET_OPTION } from '../../agent-client.js';
import { type Command, EXIT, type Parsed } from '../../command.js';
import { reportText } from '../../incidents/report-text.js';
import { writeOutput } from '../../output-file.js';
import { paintFor, toJson } from '../../terminal.js';
import { askAbout, onlyIncident } from './ask.js';

export const show: Command = {
  name: 'incidents show',
  summary: 'one: its time line, processes, guidance, and the policy that would have prevented it',
  operands: 'ID',
  about: `Shows everything that is known of an incident. ID may be cut short to its beginning or its end.

--policy FILE writes the policy that would have denied what was done, in monitor: \`runward policy apply FILE\` has it
reported from then on, and \`runward policy promote\` shows what it would have denied before it denies.`,
  options: {
    json: { type: 'boolean', doc: 'one JSON object' },
    policy: {
      type: 'string',
      value: 'FILE',
      doc: 'write the policy that would have prevented it; `-`: standard output',
    },
    ...SOCKET_OPTION,
  },
  examples: [
    ['runward incidents show inc-261130-4f1c2a', 'what happened'],
    ['runward incidents show 4f1c2a --policy prevent.yaml', 'what keeps it from happening again'],
  ],
  run: showCommand,
};

async function showCommand(args: Parsed): Promise<number> {
  const id = onlyIncident(args, 'show ID');
  const report = (await askAbout(args, id)) as IncidentReport; // the agent's own route
  const policy = args.text('policy');
  if (policy !== undefined) {
    if (report.prevention === '') {
      process.stderr.write('runward: nothing that was done can be denied by a line of a policy\n');
      return EXIT.failure;
    }
    writeOutput(policy, report.prevention);
    return EXIT.ok;
  }
  process.stdout.write(
    args.flag('json')
      ? `${toJson(report)}\n`
      : `${reportText(report, Date.now(), paintFor(process.stdout))}\n`,
  );
  return EXIT.ok;
}
