import type { OptionSpec, Parsed } from '../../command.js';
import { UsageError } from '../../command.js';
import { durationOption, sizeOption } from '../../quantity.js';
import { type ActionCommand, actionCommand } from './act.js';

const ALLOW: OptionSpec = {
  type: 'string',
  multiple: true,
  value: 'CIDR',
  doc: 'a network or address that stays reachable, repeatable',
};
const allowOf = (args: Parsed): readonly string[] => args.texts('allow').flatMap((text) => text.split(','));

function numberOf(args: Parsed, name: string, help: string): number | undefined {
  const text = args.text(name);
  if (text === undefined) return undefined;
  const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(value)) return value;
  throw new UsageError(`\`--${name} ${text}\` is no number`, help);
}

const given = (values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

const COMMANDS: readonly ActionCommand[] = [
  {
    action: 'kill-process',
    summary: 'end a process of a container with all its descendants',
    about: `Ends one process and what descends from it in the container, by SIGKILL. The container is frozen for that moment, so
that nothing is forked away. A process that does not belong to the container is never touched.`,
    options: {
      pid: { type: 'string', value: 'PID', doc: 'as `runward ps` shows it: the number the host has' },
    },
    example: ['runward respond kill-process web --pid 4711', 'one process and its children'],
    order: (args) => {
      const pid = numberOf(args, 'pid', 'write `--pid 4711`; `runward ps` shows them');
      if (pid === undefined)
        throw new UsageError('no process is named', 'write `--pid PID`; `runward ps` shows them');
      return { pid };
    },
  },
  {
    action: 'kill-container',
    summary: 'end every process of a container at once',
    about: `Ends all processes of the container through its cgroup. Its runtime sees it end as if it had crashed, and starts it again
if it was told to: the answer says so. \`stop\` keeps it down.`,
    example: ['runward respond kill-container prod/shop-5d9c7', 'every container of a pod'],
  },
  {
    action: 'stop',
    summary: 'ask a container to end, then end it, and keep it down',
    about: `Sends SIGTERM to the container's first process, and after the grace ends what is left. Docker is told first not to start it
again; where a runtime cannot be told, the answer says so.`,
    options: { grace: { type: 'string', value: 'TIME', doc: 'how long it may take (default 10s)' } },
    example: ['runward respond stop web --grace 30s', 'with time to finish'],
    order: (args) => given({ graceMs: durationOption(args, 'grace') }),
  },
  {
    action: 'pause',
    summary: 'freeze a container; what it has in memory stays',
    about: 'Freezes all processes of the container where they stand. Undo, or `unpause`, lets them go on.',
    example: ['runward respond pause web --why "somebody is inside"', 'nothing in it runs any more'],
  },
  {
    action: 'unpause',
    summary: 'let a paused container go on',
    about: 'Thaws the container, whoever froze it.',
    example: ['runward respond unpause web', 'it goes on where it was'],
  },
  {
    action: 'isolate',
    summary: 'cut a container off the network, as a recorded response',
    about: 'The same as `runward isolate`, with a record that can be undone by its id.',
    options: {
      allow: ALLOW,
      for: { type: 'string', value: 'TIME', doc: 'how long; without it until undone' },
    },
    example: ['runward respond isolate web --allow 192.0.2.7', 'one host may still reach it'],
    order: (args) => given({ allow: allowOf(args), forMs: durationOption(args, 'for') }),
  },
  {
    action: 'release',
    summary: 'let an isolated container talk again',
    about: 'The same as `runward release`, with a record.',
    example: ['runward respond release web', 'one container'],
  },
  {
    action: 'quarantine',
    summary: 'keep a container as it is for those who look: still, and not started again',
    about: `Pauses the container, or cuts it off the network with \`--by isolate\`, and has its runtime not start it again where its API
can. One that cannot be paused is isolated instead. What was not possible is told. Undo takes all of it back.`,
    options: {
      by: { type: 'string', value: 'pause|isolate', doc: 'how (default pause)' },
      allow: ALLOW,
    },
    example: ['runward respond quarantine web', 'for the forensics'],
    order: (args) => given({ by: args.text('by'), allow: allowOf(args) }),
  },
  {
    action: 'throttle',
    summary: 'limit what a container may use of processors and processes',
    about: 'Sets limits of its cgroup; the previous ones are remembered, and undo puts them back.',
    options: {
      cpus: { type: 'string', value: 'N', doc: 'of one processor: 0.1 is a tenth' },
      pids: { type: 'string', value: 'N', doc: 'how many processes and threads; those it has stay' },
    },
    example: ['runward respond throttle web --cpus 0.1 --pids 50', 'a miner that is to be watched'],
    order: (args) => {
      const limits = given({
        cpus: numberOf(args, 'cpus', 'write `--cpus 0.5`'),
        pids: numberOf(args, 'pids', 'write `--pids 100`'),
      });
      if (Object.keys(limits).length === 0)
        throw new UsageError('no limit is given', 'write `--cpus N`, `--pids N` or both');
      return limits;
    },
  },
  {
    action: 'snapshot',
    summary: 'keep what a container changed of its image, as a tar file',
    about: `Writes the upper layer of the container's overlay to a tar file in the state folder, with what was deleted as whiteouts, as
an OCI layer has them, and tells its SHA-256. What does not fit into the limit is left out and named.`,
    options: { 'max-size': { type: 'string', value: 'SIZE', doc: 'of the file (default 1GB)' } },
    example: ['runward respond snapshot web --max-size 200MB', 'before it is ended'],
    order: (args) => given({ maxBytes: sizeOption(args, 'max-size') }),
  },
];

/** By name, as the group `respond` has them. */
export const actionCommands = Object.fromEntries(
  COMMANDS.map((command) => [
    command.action,
    { summary: command.summary, load: async () => actionCommand(command) },
  ]),
);
