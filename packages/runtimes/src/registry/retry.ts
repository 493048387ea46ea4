import { setTimeout as sleep } from 'node:timers/promises';

/** Metadata usually appears some milliseconds after the cgroup: short steps first. */
const FIRST_STEP_MS = 5;
const LONGEST_STEP_MS = 500;

/**
 * Repeats `attempt` with growing pauses until it gives a value, `waitMs` have passed, `isOver` says that no
 * later attempt can succeed, or the signal aborts. One attempt is always made, and one more after `isOver`.
 */
export async function retryFor<T>(
  attempt: () => Promise<T | undefined>,
  options: { readonly waitMs: number; readonly signal: AbortSignal; readonly isOver: () => Promise<boolean> },
): Promise<T | undefined> {
  const until = performance.now() + options.waitMs;
  for (let step = FIRST_STEP_MS; ; step = Math.min(step * 2, LONGEST_STEP_MS)) {
    const last = (await options.isOver()) || performance.now() + step >= until;
    const value = await attempt();
    if (value !== undefined || last || options.signal.aborted) return value;
    await sleep(step, undefined, { signal: options.signal }).catch(() => undefined);
    if (options.signal.aborted) return undefined;
  }
}
