import { agentClient, stateOf } from '../../agent-client.js';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { LEARN_OPTIONS, workloadOf } from '../../learn-desk.js';
import { statusText } from '../../learn-text.js';
import { historyFiles, ProgressLine } from '../../replay-session.js';
import { toJson, visible } from '../../terminal.js';

export const from: Command = {
  name: 'learn from',
  summary: 'learn from recordings and captures',
  operands: 'WORKLOAD',
  about: `Reads recordings of \`runward record\` and \`.scap\` captures and learns from them as an agent does from what happens
now; what is known of the workload already is kept. A recording that was learnt from before changes nothing. Recordings
have only some system calls, so that a policy made of them alone does not judge those.`,
  options: {
    over: {
      type: 'string',
      multiple: true,
      value: 'FILE|DIR',
      doc: 'a recording, a capture, or a folder of them; repeatable',
    },
    json: { type: 'boolean', doc: 'one JSON object' },
    ...LEARN_OPTIONS,
  },
  examples: [['runward learn from --over recordings/ web', 'what `web` did while it was recorded']],
  run: fromCommand,
};

async function fromCommand(args: Parsed): Promise<number> {
  const given = args.texts('over');
  if (given.length === 0)
    throw new UsageError('what to learn from is missing', 'write `--over FILE`, a recording or a capture');
  const workload = await workloadOf(args, 'from');
  const paths = await historyFiles(given);
  const [{ mergeProfiles }, { ProfileStore }, { statusOf }, { learnFromFile }] = await Promise.all([
    import('@runward/policy'),
    import('@runward/state'),
    import('@runward/agent/learning'),
    import('../../learn-from-file.js'),
  ]);
  const store = new ProfileStore(stateOf(args));
  if (
    await isBeingLearnt(
      args,
      workload,
      store.learning().map((entry) => entry.workload),
    )
  )
    throw new UsageError(
      `\`${visible(workload)}\` is being learnt by the running agent`,
      `end that first: \`runward learn stop ${visible(workload)}\``,
    );
  const progress = new ProgressLine();
  let profile = store.read(workload);
  for (const path of paths) {
    const { learnt, problems } = await learnFromFile(path, workload, (p) => progress.update(path, p));
    progress.clear();
    for (const problem of problems) process.stderr.write(`runward: ${visible(path)}: ${visible(problem)}\n`);
    profile = profile === undefined ? learnt : mergeProfiles(profile, learnt);
  }
  const status = statusOf(workload, profile, undefined);
  if (profile !== undefined && status.confidence !== undefined) store.write(profile);
  else
    process.stderr.write(
      `runward: no container of \`${visible(workload)}\` is in there; \`runward events --over FILE\` shows what is\n`,
    );
  process.stdout.write(args.flag('json') ? `${toJson(status)}\n` : `${statusText(status)}\n`);
  return status.confidence === undefined ? EXIT.failure : EXIT.ok;
}

/** Two that write one profile would lose what the other learnt. */
async function isBeingLearnt(args: Parsed, workload: string, listed: readonly string[]): Promise<boolean> {
  if (!listed.includes(workload)) return false;
  const client = await agentClient(args);
  return (await client.askIfRunning('GET', '/v1/status')) !== undefined;
}
