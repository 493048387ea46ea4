import { ATTEST_OPTIONS, examineContainers, nameOf } from '../../attest/attest-desk.js';
import { differencesText } from '../../attest/attest-text.js';
import { type Command, EXIT, type Parsed } from '../../command.js';
import { toJson, visible } from '../../terminal.js';

export const diff: Command = {
  name: 'attest diff',
  summary: 'tell every difference from what was approved',
  operands: '[CONTAINER|WORKLOAD|IMAGE]',
  about: `Compares what containers may do with what was approved for them, and tells each difference: \`-\` it may do more than was
approved, \`+\` less, \`~\` other. Without a name all for which something was approved. Ends with 1 when something differs, or when
nothing was approved for what is named.`,
  options: ATTEST_OPTIONS,
  examples: [['runward attest diff web', 'is `web` still as it was approved?']],
  run: diffCommand,
};

async function diffCommand(args: Parsed): Promise<number> {
  const name = nameOf(args, 'diff');
  const examined = (await examineContainers(args, name)).chosen.map(({ attestation }) => attestation);
  const all = name === undefined ? examined.filter(({ state }) => state !== 'unapproved') : examined;
  const isSame = all.every(({ state }) => state === 'approved');
  if (args.flag('json')) {
    const containers = all.map(
      ({ container, name, workload, state, approval, differences, observation }) => ({
        ...{ container, name, workload, state, approval, digest: observation.digest, differences },
      }),
    );
    process.stdout.write(`${toJson({ same: isSame, containers })}\n`);
    return isSame ? EXIT.ok : EXIT.failure;
  }
  if (all.length === 0) process.stderr.write('runward: nothing was approved for what runs here\n');
  for (const { name, container, state, approval, differences } of all) {
    const head = visible(name || container.slice(0, 12));
    if (state === 'changed')
      process.stdout.write(
        `${head}: not as approved (${approval?.key})\n${differencesText(differences).join('\n')}\n`,
      );
    else
      process.stdout.write(
        `${head}: ${state === 'approved' ? `as approved (${approval?.key})` : 'nothing was approved: `runward attest approve` does'}\n`,
      );
  }
  return isSame ? EXIT.ok : EXIT.failure;
}
