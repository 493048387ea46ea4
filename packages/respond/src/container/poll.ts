import { setTimeout as sleep } from 'node:timers/promises';

const LONGEST_STEP_MS = 20;

/** Whether `isDone` became true in time. Quick at first: what is waited for mostly takes less than a millisecond. */
export async function pollUntil(isDone: () => boolean, timeoutMs: number): Promise<boolean> {
  const until = performance.now() + timeoutMs;
  for (let step = 0; ; step = Math.min(step + 1, LONGEST_STEP_MS)) {
    if (isDone()) return true;
    if (performance.now() >= until) return false;
    await sleep(step);
  }
}
