import { SOCKET_OPTION } from '../../agent-client.js';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { changedText } from '../../incidents/incident-text.js';
import { toJson } from '../../terminal.js';
import { askAbout, namedIncident } from './ask.js';

export const note: Command = {
  name: 'incidents note',
  summary: 'write something down about one',
  operands: 'ID TEXT…',
  about: `Adds a note: what was found out, what was done elsewhere. Who wrote it and when is kept with it. The last 100 notes of an
incident are kept.`,
  options: { json: { type: 'boolean', doc: 'the incident as one JSON object' }, ...SOCKET_OPTION },
  examples: [['runward incidents note 4f1c2a "token revoked, see ticket 812"', 'one note']],
  run: noteCommand,
};

async function noteCommand(args: Parsed): Promise<number> {
  const { id, text } = namedIncident(args, 'note ID TEXT');
  if (text === '') throw new UsageError('the note is empty', 'write `runward incidents note ID TEXT`');
  const incident = await askAbout(args, id, 'note', { text });
  process.stdout.write(`${args.flag('json') ? toJson(incident) : changedText(incident)}\n`);
  return EXIT.ok;
}
