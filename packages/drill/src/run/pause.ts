/** How long a detection that should not come is waited for, once the work is done: far longer than any took. */
export const lateMs = (detectWithinMs: number): number => Math.min(detectWithinMs / 4, 2500);

/** Waits, but not longer than the drill goes on. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
