import {
  CreationService,
  type CreationServiceOptions,
  OciError,
  readAncestorArgs,
  readCaller,
  readHookState,
} from '@runward/oci';
import { ControlError } from '../control/error.js';
import type { Route } from '../control/router.js';

/** A specification's annotations come back in what the runtime tells a hook. */
const MAX_STATE_BYTES = 4 * 1024 * 1024;
/** The wrapper waits longer, so that it hears the reason. */
const TIMEOUT_MS = 5_000;
/** From the hook upwards: the wrapper's front may stand in between, then the runtime, then who called it. */
const HOOK_ANCESTORS = 3;

export interface CreationOptions extends CreationServiceOptions {
  /** Told of every call of the wrapper, whether a policy selects the container or not. */
  readonly onAsked?: () => void;
}

/**
 * What the runtime wrapper asks: `prepare` before the runtime runs, `bind` when the container exists and its program
 * does not run yet. No body in the answer means: go on.
 */
export function creationRoutes(options: CreationOptions): readonly Route[] {
  const service = new CreationService(options);
  return [
    {
      method: 'POST',
      path: '/v1/oci/prepare',
      timeoutMs: TIMEOUT_MS,
      answer: async ({ peer, body }) => {
        options.onAsked?.();
        await told(async () => service.prepare(await readCaller(pidOf(peer.pid, body))));
      },
    },
    {
      method: 'POST',
      path: '/v1/oci/bind',
      maxBodyBytes: MAX_STATE_BYTES,
      timeoutMs: TIMEOUT_MS,
      answer: async ({ peer, body }) => {
        await told(async () =>
          service.bind(readHookState(body), await readAncestorArgs(peer.pid, HOOK_ANCESTORS)),
        );
      },
    },
  ];
}

/** The process that calls is the wrapper itself, or one that asks again in its name to hear the reason. */
function pidOf(peer: number, body: unknown): number {
  if (typeof body !== 'object' || body === null || !('pid' in body)) return peer;
  const { pid } = body;
  if (typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 0) return pid;
  throw new ControlError('CONTROL_BODY_INVALID', '`pid` is no process');
}

/** A refusal is an answer, not a failure of the agent. */
async function told(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof OciError || error instanceof ControlError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new ControlError('CONTROL_UNAVAILABLE', `the creation cannot be judged: ${why}`, { cause: error });
  }
}
