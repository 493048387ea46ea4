import { STATE_OPTION, stateOf } from '../../agent-client.js';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { identityFolder, SERVER_OPTIONS, serverChoice } from '../../run/server-choice.js';
import { toJson } from '../../terminal.js';
import { TPM_OPTION, tpmOf } from '../../tpm-option.js';

export const enrol: Command = {
  name: 'agent enrol',
  summary: 'make this machine a node of a server, or of another one',
  operands: '',
  about: `Makes a key, has the server sign for it, and keeps both in the state folder. \`runward run --server URL --token TOKEN\` does the same
on a machine that is no node yet. An identity that is there is replaced; an agent that runs takes the new one when it is started again.`,
  options: {
    ...SERVER_OPTIONS,
    ...TPM_OPTION,
    json: { type: 'boolean', doc: 'one JSON object' },
    ...STATE_OPTION,
  },
  examples: [['runward agent enrol --server https://HOST:7443 --token-file token', 'once']],
  run: enrolCommand,
};

async function enrolCommand(args: Parsed): Promise<number> {
  const choice = serverChoice(args);
  if (args.rest.length > 0 || choice?.server === undefined || choice.token === undefined)
    throw new UsageError(
      'server or token is missing',
      'write `runward agent enrol --server URL --token TOKEN`',
    );
  const { enrol: enrolAt, IdentityFolder } = await import('@runward/uplink');
  const { server, token, node } = choice;
  const folder = new IdentityFolder(identityFolder(stateOf(args)));
  const {
    id,
    cluster,
    node: name,
    attested,
  } = await enrolAt({ server, token, node, tpm: await tpmOf(args) }, folder);
  process.stdout.write(
    `${args.flag('json') ? toJson({ id, node: name, cluster, server, attested }) : `this machine is the node \`${name}\` of \`${cluster}\`, ${attested ? 'bound to its TPM' : 'without a TPM'}`}\n`,
  );
  return EXIT.ok;
}
