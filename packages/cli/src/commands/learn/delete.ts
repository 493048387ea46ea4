import { type Command, EXIT, type Parsed } from '../../command.js';
import { LEARN_OPTIONS, learnDesk, workloadOf } from '../../learn-desk.js';
import { visible } from '../../terminal.js';

export const deleteProfile: Command = {
  name: 'learn delete',
  summary: 'forget what was learnt',
  operands: 'WORKLOAD',
  about: 'Removes the profile of a workload that is not being learnt. Policies made of it stay as they are.',
  options: LEARN_OPTIONS,
  examples: [['runward learn delete web', 'to begin anew']],
  run: deleteCommand,
};

async function deleteCommand(args: Parsed): Promise<number> {
  const workload = await workloadOf(args, 'delete');
  const desk = await learnDesk(args);
  await desk.remove(workload);
  process.stdout.write(`what was learnt of ${visible(workload)} is gone\n`);
  return EXIT.ok;
}
