import type { StoredPolicy } from '@runward/state';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { policyDesk, STATE_OPTIONS } from '../../policy-desk.js';
import { modesText } from '../../policy-text.js';
import { table, toJson, visible } from '../../terminal.js';

export const list: Command = {
  name: 'policy list',
  summary: 'the policies of this machine, their sections and modes',
  operands: '',
  about: `Lists the applied policies by name: revision, owner, what each section is in, and when it was last changed. Says
whether an agent has them in force.`,
  options: { json: { type: 'boolean', doc: 'one JSON object' }, ...STATE_OPTIONS },
  examples: [["runward policy list --json | jq '.policies[].name'", 'names alone']],
  run: listCommand,
};

const row = ({ name, revision, changedAtMs, policy }: StoredPolicy): readonly string[] => [
  visible(name),
  String(revision),
  visible(policy.owner) || '-',
  new Date(changedAtMs).toISOString().slice(0, 19).replace('T', ' '),
  modesText(policy),
];

async function listCommand(args: Parsed): Promise<number> {
  if (args.rest.length > 0)
    throw new UsageError(`unexpected \`${args.rest[0]}\``, '`runward policy show NAME` tells of one');
  const desk = await policyDesk(args);
  const { policies, generation } = await desk.store.read();
  if (args.flag('json')) {
    const { modesOf } = await import('@runward/state');
    const rows = policies.map(({ policy, modes, ...stored }) => ({
      ...stored,
      owner: policy.owner,
      description: policy.description,
      version: policy.version,
      modes: modesOf(policy),
      modesSetByHand: modes,
    }));
    const agent = desk.agent !== undefined;
    process.stdout.write(`${toJson({ state: desk.store.folder, agent, generation, policies: rows })}\n`);
    return EXIT.ok;
  }
  if (policies.length === 0) process.stdout.write('no policies are applied\n');
  else {
    const head = ['NAME', 'REVISION', 'OWNER', 'CHANGED (UTC)', 'MODES'];
    process.stdout.write(`${table([head, ...policies.map(row)])}\n`);
  }
  process.stderr.write(`runward: ${desk.standing}\n`);
  return EXIT.ok;
}
