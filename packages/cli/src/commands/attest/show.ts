import { WEIGHTS } from '@runward/attest';
import { ATTEST_OPTIONS, examineContainers, nameOf } from '../../attest/attest-desk.js';
import { attestationText, overviewText } from '../../attest/attest-text.js';
import { type Command, EXIT, type Parsed } from '../../command.js';
import { toJson } from '../../terminal.js';

export const show: Command = {
  name: 'attest show',
  summary: 'what containers may do, what is wrong with it, and a score',
  operands: '[CONTAINER|WORKLOAD|IMAGE]',
  about: `Reads what each container may do from the kernel: capabilities, user, namespaces, mounts, devices, filters of system
calls, limits, the names of its variables. Without a name a line for each that runs; with one everything about it.

The score is 100 less the weight of each check that fails, 0 at least: critical ${WEIGHTS.critical}, high ${WEIGHTS.high}, medium ${WEIGHTS.medium}, low ${WEIGHTS.low}; that of a
workload is its weakest container's.`,
  options: ATTEST_OPTIONS,
  examples: [
    ['runward attest show', 'every container, its state and score'],
    ['runward attest show web', 'what `web` may do and what mends it'],
  ],
  run: showCommand,
};

async function showCommand(args: Parsed): Promise<number> {
  const name = nameOf(args, 'show');
  const { chosen } = await examineContainers(args, name);
  const all = chosen.map(({ attestation }) => attestation);
  if (args.flag('json')) process.stdout.write(`${toJson({ containers: all })}\n`);
  else
    process.stdout.write(
      `${name === undefined ? overviewText(all) : all.map(attestationText).join('\n\n')}\n`,
    );
  return EXIT.ok;
}
