import { applyChanges, ChangeRecord, changeText, Host, planned } from '@runward/harden';
import { STATE_OPTION } from '../../agent-client.js';
import { type Command, EXIT, type Parsed } from '../../command.js';
import { noOperands, printChanges, ROOT_OPTION, recordOf, rootOf } from '../../harden-options.js';
import { toJson } from '../../terminal.js';

export const apply: Command = {
  name: 'harden apply',
  summary: 'change what is safe to change, with a way back',
  operands: '',
  about: `Changes settings of the kernel that break nothing that runs, and permissions that are too wide; what needs care is told by
\`harden check\` and left to people. What was there before is on the disk before it is changed, and \`harden undo\` brings it back. Settings are
also written to /etc/sysctl.d/90-runward.conf, so that they stay. Ends with 1 when something could not be changed.`,
  options: {
    'dry-run': { type: 'boolean', doc: 'only say what would be done' },
    only: {
      type: 'string',
      multiple: true,
      value: 'ID',
      doc: 'only this check, repeatable (`harden check --json` has the ids)',
    },
    json: { type: 'boolean', doc: 'one JSON object' },
    ...STATE_OPTION,
    ...ROOT_OPTION,
  },
  examples: [
    ['runward harden apply --dry-run', 'what would be done, as commands'],
    ['runward harden apply --only sysctl-kernel.dmesg_restrict', 'one thing'],
  ],
  run: applyCommand,
};

async function applyCommand(args: Parsed): Promise<number> {
  noOperands(args, 'apply');
  const host = new Host(rootOf(args));
  const changes = planned(host, args.texts('only'));
  if (args.flag('dry-run')) {
    const commands = changes.map(changeText);
    if (args.flag('json')) process.stdout.write(`${toJson({ dryRun: true, changes, commands })}\n`);
    else if (commands.length === 0) process.stderr.write('runward: there is nothing to change\n');
    else process.stdout.write(`${commands.join('\n')}\n`);
    return EXIT.ok;
  }
  const outcomes = applyChanges(host, changes, new ChangeRecord(recordOf(args)));
  printChanges(args, outcomes);
  return outcomes.every(({ done }) => done) ? EXIT.ok : EXIT.failure;
}
