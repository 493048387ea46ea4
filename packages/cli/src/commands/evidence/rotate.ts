import { hostname } from 'node:os';
import { agentClient, SOCKET_OPTION } from '../../agent-client.js';
import { type Command, EXIT, type Parsed } from '../../command.js';
import { FOLDER_OPTION, folderOf, noOperands } from '../../evidence-desk.js';
import { producerName } from '../../installation.js';

export const rotate: Command = {
  name: 'evidence rotate',
  summary: 'pass on to a new key, and destroy the old one',
  operands: '',
  about: `Closes the segment and passes on to a new key; the old one signs that and is destroyed. An agent does so by itself
with every segment, every hour at the latest. Does it through the agent that writes the log, or itself where none does.`,
  options: { ...FOLDER_OPTION, ...SOCKET_OPTION },
  examples: [['runward evidence rotate', 'after somebody had access to the node who should not have had it']],
  run: rotateCommand,
};

async function rotateCommand(args: Parsed): Promise<number> {
  noOperands(args, 'the folder is given with `--folder DIR`');
  const key = (await throughAgent(args)) ?? (await offline(args));
  process.stdout.write(`${key}\n`);
  return EXIT.ok;
}

/** undefined when no agent is running, or it has another log than the one that was named. */
async function throughAgent(args: Parsed): Promise<string | undefined> {
  const client = await agentClient(args);
  const status = await client.askIfRunning('GET', '/v1/evidence');
  if (status === undefined) return undefined;
  const { folder } = status as { readonly folder?: string }; // the agent's route has it when there is a log
  if (args.text('folder') !== undefined && folderOf(args) !== folder) return undefined;
  const answer = await client.ask('POST', '/v1/evidence/rotate', { timeoutMs: 30_000 });
  return (answer as { readonly publicKey: string }).publicKey; // as above
}

async function offline(args: Parsed): Promise<string> {
  const folder = folderOf(args);
  const [{ FolderDisk, noLogIn, notWritten, openEvidence, readRecords }, { holdFile }, { whoIs }] =
    await Promise.all([
      import('@runward/evidence'),
      import('@runward/agent/evidence'),
      import('@runward/state'),
    ]);
  const { done } = await readRecords(new FolderDisk(folder)).next();
  if (done === true) throw noLogIn(folder);
  const say = (message: string): void => void process.stderr.write(`runward: ${message}\n`);
  const { log, close } = await openEvidence(folder, {
    ...{ producer: producerName(), host: hostname(), say, hold: holdFile },
  });
  const who = whoIs(process.pid, process.getuid?.() ?? 0);
  const receipt = await log.append('command', { who, request: 'evidence rotate', status: 200 });
  await close(); // which passes on to a new key
  if (receipt.kept && log.status.state.kind === 'writing') return log.status.publicKey;
  throw notWritten(folder, receipt.kept ? 'the segment is not closed' : receipt.why);
}
