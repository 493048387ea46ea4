import { setTimeout as sleep } from 'node:timers/promises';
import { IndexSource, readOciConfig } from '@runward/oci';
import { DEFAULT_NRI_SOCKET, runNriPlugin } from '@runward/oci/nri';
import { SOCKET_OPTION, STATE_OPTION, socketOf, stateOf } from '../agent-client.js';
import { type Command, EXIT, type Parsed, UsageError } from '../command.js';
import { ociFront } from '../installation.js';

export const nri: Command = {
  name: 'nri',
  summary: 'bind containers of containerd and CRI-O through NRI',
  operands: '',
  about: `A plug-in for runtimes that speak NRI (containerd from 1.7 on with NRI enabled, CRI-O): each container that a
policy protects is given a hook that binds it in the kernel before it starts. Runs until it is ended, and connects
again when the runtime restarts. NRI cannot change capabilities and the like of a container: what needs
that is held by the kernel's enforcement, or refused where the policy is \`onFailure: closed\`. The runtime wrapper
has no such limits (docs/runtime-wrapper.md).`,
  options: {
    nri: { type: 'string', value: 'PATH', doc: `the runtime's NRI socket (default ${DEFAULT_NRI_SOCKET})` },
    index: {
      type: 'string',
      value: 'NN',
      doc: 'when this plug-in is asked among others, 00 to 99 (default 90)',
    },
    ...SOCKET_OPTION,
    ...STATE_OPTION,
  },
  examples: [['runward nri', 'beside `runward run`, on a node of Kubernetes']],
  run: nriCommand,
};

/** A runtime that restarts is back within seconds. */
const AGAIN_MS = 2_000;

async function nriCommand(args: Parsed): Promise<number> {
  const index = args.text('index') ?? '90';
  if (!/^[0-9]{2}$/.test(index))
    throw new UsageError(`\`--index ${index}\` is not two digits`, 'write 00 to 99');
  const config = readOciConfig(process.env);
  const state = args.text('state') === undefined ? config.state : stateOf(args);
  const policies = new IndexSource(state);
  const end = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end.abort());
  const say = (message: string): void => void process.stderr.write(`runward nri: ${message}\n`);
  let last = '';
  while (!end.signal.aborted) {
    const why = await runNriPlugin(
      {
        socket: args.text('nri') ?? DEFAULT_NRI_SOCKET,
        index,
        policies: () => policies.policies(),
        hook: { program: ociFront, socket: socketOf(args) ?? config.socket, state },
        onEvent: say,
      },
      end.signal,
    );
    if (end.signal.aborted) break;
    if (why !== last) say(`${why}; trying again every ${AGAIN_MS / 1000} s`);
    last = why;
    await sleep(AGAIN_MS, undefined, { signal: end.signal }).catch(() => undefined);
  }
  return EXIT.ok;
}
