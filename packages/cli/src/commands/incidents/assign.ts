import { SOCKET_OPTION } from '../../agent-client.js';
import { type Command, EXIT, type Parsed } from '../../command.js';
import { changedText } from '../../incidents/incident-text.js';
import { toJson } from '../../terminal.js';
import { askAbout, namedIncident } from './ask.js';

export const assign: Command = {
  name: 'incidents assign',
  summary: 'say who investigates it',
  operands: 'ID [NAME]',
  about:
    'Assigns an incident, to whoever asks without a NAME; an open one is being investigated from then on.',
  options: { json: { type: 'boolean', doc: 'the incident as one JSON object' }, ...SOCKET_OPTION },
  examples: [
    ['runward incidents assign 4f1c2a', 'to oneself'],
    ['runward incidents assign 4f1c2a ada', 'to ada'],
  ],
  run: assignCommand,
};

async function assignCommand(args: Parsed): Promise<number> {
  const { id, text } = namedIncident(args, 'assign ID [NAME]');
  const incident = await askAbout(args, id, 'assign', text === '' ? {} : { assignee: text });
  process.stdout.write(`${args.flag('json') ? toJson(incident) : changedText(incident)}\n`);
  return EXIT.ok;
}
