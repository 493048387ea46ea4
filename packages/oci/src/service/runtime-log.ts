import { appendFileSync } from 'node:fs';
import type { RuntimeLog } from '../command/invocation.js';

/**
 * Writes why a container is held back where its manager looks when the runtime fails: runc's log, whose last error
 * Docker, containerd, CRI-O and Podman show to whoever asked for the container. Never throws.
 */
export function writeRuntimeLog(log: RuntimeLog | undefined, message: string, now: Date): void {
  if (log === undefined) return;
  const time = now.toISOString();
  const entry = log.isJson
    ? JSON.stringify({ level: 'error', msg: message, time })
    : `time="${time}" level=error msg=${JSON.stringify(message)}`;
  try {
    appendFileSync(log.path, `${entry}\n`, { mode: 0o600 });
  } catch {
    // The same text goes to standard error, which managers show when there is no log.
  }
}
