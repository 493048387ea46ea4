import { ChangeRecord, Host, undoChanges } from '@runward/harden';
import { STATE_OPTION } from '../../agent-client.js';
import { type Command, EXIT, type Parsed } from '../../command.js';
import { noOperands, printChanges, ROOT_OPTION, recordOf, rootOf } from '../../harden-options.js';

export const undo: Command = {
  name: 'harden undo',
  summary: 'take back what was changed',
  operands: '',
  about: `Brings back what was there before \`harden apply\`, the last change first. What somebody else has set since is left as it is, and told.
Ends with 1 when something was not taken back.`,
  options: { json: { type: 'boolean', doc: 'one JSON object' }, ...STATE_OPTION, ...ROOT_OPTION },
  examples: [['runward harden undo', 'as it was before']],
  run: undoCommand,
};

async function undoCommand(args: Parsed): Promise<number> {
  noOperands(args, 'undo');
  const outcomes = undoChanges(new Host(rootOf(args)), new ChangeRecord(recordOf(args)));
  printChanges(args, outcomes);
  return outcomes.every(({ done }) => done) ? EXIT.ok : EXIT.failure;
}
