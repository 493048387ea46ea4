import { RunwardError } from '@runward/core';
import { type Command, commandHelp, EXIT, nearest, parseCommand, UsageError } from './command.js';
import { actionOf, type CommandGroup, groupHelp, isGroup } from './command-group.js';
import { producerName } from './installation.js';
import { endOnClosedOutput } from './output.js';

/** Commands by name; each is loaded only when it is used. */
const COMMANDS: Readonly<
  Record<string, { readonly summary: string; readonly load: () => Promise<Command | CommandGroup> }>
> = {
  run: {
    summary: 'watch containers and report what they should not do',
    load: async () => (await import('./commands/run.js')).run,
  },
  events: {
    summary: 'show the live event stream, filtered by any condition',
    load: async () => (await import('./commands/events.js')).events,
  },
  record: {
    summary: 'keep what containers do in a file that replays by itself',
    load: async () => (await import('./commands/record.js')).record,
  },
  replay: {
    summary: 'run rules over recordings and captures',
    load: async () => (await import('./commands/replay.js')).replay,
  },
  backtest: {
    summary: 'say what rules would have found in the past',
    load: async () => (await import('./commands/backtest.js')).backtest,
  },
  ps: {
    summary: 'list containers and what they may do that they should not',
    load: async () => (await import('./commands/ps.js')).ps,
  },
  attest: {
    summary: 'what running containers may do, compared with what was approved',
    load: async () => (await import('./commands/attest/attest.js')).attest,
  },
  harden: {
    summary: 'how hard the host and its kernel are made: check, apply, undo',
    load: async () => (await import('./commands/harden/harden.js')).harden,
  },
  integrity: {
    summary: 'files that matter: what they were, and what became of them',
    load: async () => (await import('./commands/integrity/integrity.js')).integrity,
  },
  flows: {
    summary: 'show who talks to whom, from a running agent',
    load: async () => (await import('./commands/flows.js')).flows,
  },
  map: {
    summary: 'draw the map of services that the flows make',
    load: async () => (await import('./commands/map.js')).map,
  },
  isolate: {
    summary: 'cut a container off the network and off other containers, now',
    load: async () => (await import('./commands/isolate.js')).isolate,
  },
  release: {
    summary: 'let an isolated container talk again',
    load: async () => (await import('./commands/release.js')).release,
  },
  capture: {
    summary: 'keep what is seen of a container, before anything is done to it',
    load: async () => (await import('./commands/capture.js')).capture,
  },
  incidents: {
    summary: 'what belongs together, what it means and what to do about it',
    load: async () => (await import('./commands/incidents/incidents.js')).incidents,
  },
  image: {
    summary: 'say whether an image is what was approved, and what of it can run',
    load: async () => (await import('./commands/image/image.js')).image,
  },
  outputs: {
    summary: 'check and try where detections are sent, and say what waits',
    load: async () => (await import('./commands/outputs/outputs.js')).outputs,
  },
  respond: {
    summary: 'act on a container: kill, pause, quarantine, throttle, snapshot; undo it',
    load: async () => (await import('./commands/respond/respond.js')).respond,
  },
  playbook: {
    summary: 'say what is done about detections: check, test, simulate',
    load: async () => (await import('./commands/playbook/playbook.js')).playbook,
  },
  doctor: {
    summary: 'say what this machine gives sensor and policies',
    load: async () => (await import('./commands/doctor.js')).doctor,
  },
  rules: {
    summary: 'check, list, explain, test and tune rule files',
    load: async () => (await import('./commands/rules.js')).rules,
  },
  nri: {
    summary: 'bind containers of containerd and CRI-O through NRI',
    load: async () => (await import('./commands/nri.js')).nri,
  },
  oci: {
    summary: 'decide about a container that is being created',
    load: async () => (await import('./commands/oci.js')).oci,
  },
  learn: {
    summary: 'learn what workloads do, to make policies of it',
    load: async () => (await import('./commands/learn/learn.js')).learn,
  },
  policy: {
    summary: 'say what workloads may do, and have it enforced',
    load: async () => (await import('./commands/policy/policy.js')).policy,
  },
  profile: {
    summary: 'what workloads were seen doing, for every mechanism that can hold them to it',
    load: async () => (await import('./commands/profile/profile.js')).profile,
  },
  evidence: {
    summary: 'read and verify the evidence log of this node',
    load: async () => (await import('./commands/evidence/evidence.js')).evidence,
  },
  drill: {
    summary: 'try in scratch containers whether attacks are detected, and how fast',
    load: async () => (await import('./commands/drill/drill.js')).drill,
  },
  up: {
    summary: 'an agent and a server on this machine, in one command',
    load: async () => (await import('./commands/up.js')).up,
  },
  server: {
    summary: 'one server for many nodes: start it, enrol nodes, ask what they told',
    load: async () => (await import('./commands/server/server.js')).server,
  },
  agent: {
    summary: 'the agent of this machine and its link to a server',
    load: async () => (await import('./commands/agent/agent.js')).agent,
  },
  sim: {
    summary: 'many simulated nodes of a server, to see what it holds',
    load: async () => (await import('./commands/sim.js')).sim,
  },
  fields: {
    summary: 'list the fields conditions and outputs can use',
    load: async () => (await import('./commands/fields.js')).fields,
  },
};

/** Other words for the same. */
const ALIASES: Readonly<Record<string, string>> = { incident: 'incidents' };

function overview(): string {
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`);
  return `Usage: runward COMMAND [options]

Sees what containers do, from the kernel, and says when it is something they should not.

Commands:
${rows.join('\n')}

  runward COMMAND --help tells more about one; runward --version the version.

Start with \`runward doctor\`, then \`runward run\`. Both need root;
\`replay\`, \`backtest\` and \`rules\` do not.
Exit codes: 0 done, 1 failed while running, 2 bad input or bad usage.
`;
}

const version = (): string => `${producerName()}\n`;

async function dispatch(argv: readonly string[]): Promise<number> {
  const [given, ...rest] = argv;
  const name = given !== undefined && Object.hasOwn(ALIASES, given) ? ALIASES[given] : given;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const topic = rest[0] === undefined ? undefined : COMMANDS[rest[0]];
    (name === undefined ? process.stderr : process.stdout).write(
      topic === undefined ? overview() : helpOf(await topic.load()),
    );
    return name === undefined ? EXIT.usage : EXIT.ok;
  }
  if (name === '--version' || name === '-V') {
    process.stdout.write(version());
    return EXIT.ok;
  }
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (entry === undefined) {
    const near = nearest(name, Object.keys(COMMANDS));
    throw new UsageError(
      `unknown command \`${name}\``,
      near === undefined ? '`runward --help` lists the commands' : `did you mean \`runward ${near}\`?`,
    );
  }
  const command = await entry.load();
  const isHelpAsked = rest.includes('--help') || rest.includes('-h');
  if (!isGroup(command)) return runOrHelp(command, rest, isHelpAsked);
  const [action, ...others] = rest;
  if (isHelpAsked && (action === undefined || action.startsWith('-'))) {
    process.stdout.write(groupHelp(command));
    return EXIT.ok;
  }
  if (command.otherwise !== undefined && (action === undefined || action.startsWith('-')))
    return runOrHelp(await actionOf(command, command.otherwise), rest, false);
  return runOrHelp(await actionOf(command, action), others, isHelpAsked);
}

const helpOf = (command: Command | CommandGroup): string =>
  isGroup(command) ? groupHelp(command) : commandHelp(command);

async function runOrHelp(command: Command, argv: readonly string[], isHelpAsked: boolean): Promise<number> {
  if (!isHelpAsked) return command.run(parseCommand(command, argv));
  process.stdout.write(commandHelp(command));
  return EXIT.ok;
}

const describe = (message: string, help: string): string =>
  `runward: ${message}\n${help === '' ? '' : `    help: ${help}\n`}`;

/** What went wrong in the sensor thread says more than that the agent could not start. */
const codeOf = ({ code, cause }: RunwardError): string => (cause instanceof RunwardError ? cause.code : code);

process.stdout.on('error', endOnClosedOutput);

try {
  process.exitCode = await dispatch(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(describe(error.message, error.help));
    process.exitCode = EXIT.usage;
  } else {
    process.stderr.write(
      error instanceof RunwardError
        ? describe(`${error.message} [${codeOf(error)}]`, error.help)
        : describe(String(error), ''),
    );
    process.exitCode = EXIT.failure;
  }
}
