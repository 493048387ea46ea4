import type { OciHook, OciSpec } from '../spec/spec.js';

/** How long the runtime waits for the hook, seconds: more than the hook waits for the agent. */
const HOOK_TIMEOUT_S = 20;

/** Where the hook finds what it needs. */
export interface HookPlace {
  /** The wrapper itself, absolute. */
  readonly program: string;
  readonly socket: string;
  readonly state: string;
}

/**
 * The hook that binds the container's cgroup to its policies: run when the cgroup exists and the container's program
 * does not run yet. If it fails, so does the creation.
 */
export const bindHook = (place: HookPlace) =>
  ({
    path: place.program,
    args: ['runward-oci', 'hook', 'createRuntime'],
    env: [
      `RUNWARD_SOCKET=${place.socket}`,
      `RUNWARD_STATE=${place.state}`,
      'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
    ],
    timeout: HOOK_TIMEOUT_S,
  }) satisfies OciHook;

/** The specification with {@link bindHook}; ours first, since others' hooks may hand the container things. */
export function withBindHook(spec: OciSpec, place: HookPlace): OciSpec {
  const others = (spec.hooks?.createRuntime ?? []).filter((each) => !isOurs(each));
  return { ...spec, hooks: { ...spec.hooks, createRuntime: [bindHook(place), ...others] } };
}

const isOurs = ({ args }: OciHook): boolean => args?.[0] === 'runward-oci' && args[1] === 'hook';
