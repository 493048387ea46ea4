import { connect } from 'node:net';
import type { RuntimePolicy } from '@runward/policy';
import { mergePolicies } from '@runward/policy/decide';
import { decodeMessage, encodeMessage } from '@runward/runtimes/protobuf';
import { POLICY_ANNOTATION } from '../apply/apply.js';
import { creationPolicy } from '../create/effective.js';
import { bindHook, type HookPlace } from '../create/hook.js';
import { judgesImages } from '../create/images.js';
import { select } from '../create/selection.js';
import type { Identity } from '../identity/identity.js';
import { NriConnection } from './connection.js';
import { nriIdentity } from './identity.js';
import { CREATE_CONTAINER_EVENT, NRI } from './schema.js';
import type { Handler } from './ttrpc.js';

export const DEFAULT_NRI_SOCKET = '/var/run/nri/nri.sock';

export interface NriOptions {
  readonly socket: string;
  /** Two digits: plug-ins are asked in this order. Late, so that others' changes are seen. */
  readonly index: string;
  readonly policies: () => Promise<readonly RuntimePolicy[]>;
  readonly hook: HookPlace;
  readonly onEvent: (message: string) => void;
}

/**
 * Speaks NRI until the runtime ends the connection or `signal` does; resolves with why. Containers that a policy
 * protects get the hook that binds them before they start: NRI offers plug-ins no way to take away capabilities, and
 * a way to a system call filter only in newer versions, so the hook holds the policy against what the kernel's
 * enforcement and the specification really do, and fails the creation where `onFailure` says so.
 */
export async function runNriPlugin(options: NriOptions, signal: AbortSignal): Promise<string> {
  const socket = connect(options.socket);
  const connection = new NriConnection(socket, handlersOf(options));
  const stop = (): void => connection.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const request = encodeMessage(NRI, 'RegisterPluginRequest', {
      plugin_name: 'runward',
      plugin_idx: options.index,
    });
    await connection.call(`${NRI.name}.Runtime`, 'RegisterPlugin', request);
    options.onEvent(`registered at ${options.socket}`);
    return (await connection.ended).message;
  } catch (error) {
    connection.close();
    return error instanceof Error ? error.message : String(error);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function handlersOf(options: NriOptions): ReadonlyMap<string, Handler> {
  const answer =
    (message: string, reply: string, work: (request: Record<string, unknown>) => Promise<object>): Handler =>
    async (payload) =>
      encodeMessage(NRI, reply, await work(decodeMessage(NRI, message, payload)));
  const service = `${NRI.name}.Plugin`;
  return new Map<string, Handler>([
    [
      `${service}/Configure`,
      answer('ConfigureRequest', 'ConfigureResponse', async ({ runtime_name, runtime_version }) => {
        options.onEvent(`configured by ${String(runtime_name)} ${String(runtime_version)}`);
        return { events: CREATE_CONTAINER_EVENT };
      }),
    ],
    // Containers that run already are the agent's, which finds them by itself.
    [`${service}/Synchronize`, answer('SynchronizeRequest', 'SynchronizeResponse', async ({ more }) => ({ more: more === true }))], // biome-ignore format: a row
    [`${service}/Shutdown`, answer('Empty', 'Empty', async () => ({}))],
    [`${service}/CreateContainer`, answer('CreateContainerRequest', 'CreateContainerResponse', (request) => adjust(request, options))], // biome-ignore format: a row
  ]);
}

/** @throws OciError `OCI_INDEX_UNUSABLE`, which fails the creation: nobody can tell which policies there are */
async function adjust(request: Record<string, unknown>, options: NriOptions): Promise<object> {
  const identity = nriIdentity(request);
  const names = protecting(await options.policies(), identity);
  if (names.length === 0) return {};
  options.onEvent(`${identity.workload.name} is created under ${names.join(', ')}`);
  const { path, args, env, timeout } = bindHook(options.hook);
  return {
    adjust: {
      annotations: { [POLICY_ANNOTATION]: names.join(',') },
      hooks: { create_runtime: [{ path, args, env, timeout: { value: timeout } }] },
    },
  };
}

/** Policies in protect that select the container, or may: what NRI does not tell, the hook finds out. */
function protecting(policies: readonly RuntimePolicy[], identity: Identity): readonly string[] {
  const { selected, undecided } = select(policies, identity);
  return [...selected, ...undecided.map(({ policy }) => policy)]
    .filter((policy) => judgesImages(policy) || creationPolicy(mergePolicies([policy])) !== undefined)
    .map(({ name }) => name)
    .sort();
}
