import { ClientError } from '@runward/agent/control-client';
import type { ReleaseAnswer } from '@runward/agent/isolation';
import { agentClient, SOCKET_OPTION, STATE_OPTION, stateOf } from '../agent-client.js';
import { type Command, EXIT, type Parsed, UsageError } from '../command.js';
import { toJson, visible } from '../terminal.js';

export const release: Command = {
  name: 'release',
  summary: 'let an isolated container talk again',
  operands: 'CONTAINER|POD',
  about: `Ends the isolation of a container or of all of a pod's. Connections that were ended do not come back; listening
sockets are as they were. With --all everything is released, with an agent or without one. Who did it is recorded.`,
  options: {
    all: { type: 'boolean', doc: 'everything that is isolated; works without an agent too' },
    json: { type: 'boolean', doc: 'one JSON object' },
    ...SOCKET_OPTION,
    ...STATE_OPTION,
  },
  examples: [
    ['runward release web', 'one container'],
    ['runward release --all', 'the way out'],
  ],
  run: releaseCommand,
};

async function releaseCommand(args: Parsed): Promise<number> {
  const [container, ...more] = args.rest;
  const all = args.flag('all');
  if (more.length > 0 || (container === undefined) !== all)
    throw new UsageError(
      container === undefined
        ? 'no container is named'
        : all
          ? '`--all` takes no name'
          : `unexpected \`${more[0]}\``,
      'write `runward release CONTAINER`, or `runward release --all`',
    );
  const client = await agentClient(args);
  try {
    const body = all ? { all } : { container };
    const answer = (await client.ask('POST', '/v1/isolation/release', { body })) as ReleaseAnswer; // the agent's own route
    const names = answer.released.map(({ id, name }) => visible(name || id)).join(', ');
    const text = names === '' ? 'nothing was isolated' : `released: ${names}`;
    process.stdout.write(`${args.flag('json') ? toJson(answer) : text}\n`);
  } catch (error) {
    if (!all || !canDoWithout(error)) throw error;
    const released = await releaseHere(stateOf(args));
    const text = released ? 'released: everything' : 'nothing was isolated';
    process.stdout.write(`${args.flag('json') ? toJson({ all: released }) : text}\n`);
  }
  return EXIT.ok;
}

/** No agent runs, or the one that does cannot handle what another version left. */
const canDoWithout = (error: unknown): boolean =>
  (error instanceof ClientError && error.code === 'CONTROL_NO_AGENT') ||
  (error as { readonly code?: unknown }).code === 'ISOLATION_OTHER_VERSION'; // whatever was thrown: any key may be asked for

async function releaseHere(state: string): Promise<boolean> {
  const { isolationFolderOf } = await import('@runward/agent/isolation');
  const { Isolation } = await import('@runward/enforce/isolation');
  const released = Isolation.releaseAll(isolationFolderOf(state));
  if (!released) return false;
  const { PolicyStore, whoIs } = await import('@runward/state');
  const { randomUUID } = await import('node:crypto');
  new PolicyStore(state).decisions.append({
    ...{ id: randomUUID(), time: new Date().toISOString(), action: 'release', by: 'command', changes: [] },
    who: whoIs(process.pid, process.getuid?.() ?? 0),
    isolation: { all: true },
  });
  return true;
}
