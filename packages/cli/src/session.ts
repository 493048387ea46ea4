import type { Agent, Loss, SensorReport } from '@runward/agent';
import { toJson } from './terminal.js';

const LOSS_NOTICE_MS = 10_000;

export function lossText(lost: readonly Loss[]): string {
  return lost.map((l) => `${l.type} on CPU ${l.cpu}: ${l.count}`).join(', ');
}

/** Tells of loss at once when it begins, then at most every ten seconds while it grows. */
export class LossNotices {
  #toldAtMs = Number.NEGATIVE_INFINITY;

  tell(lost: readonly Loss[]): void {
    const now = performance.now();
    if (now - this.#toldAtMs < LOSS_NOTICE_MS) return;
    this.#toldAtMs = now;
    process.stderr.write(`runward: events lost since the start: ${lossText(lost)}\n`);
  }
}

export function printSummary(report: SensorReport, startedAtMs: number, json: boolean): void {
  const seconds = (performance.now() - startedAtMs) / 1000;
  const lost = report.lost.reduce((sum, l) => sum + l.count, 0);
  if (json) {
    process.stderr.write(`${toJson({ summary: { ...report, lostTotal: lost, seconds } })}\n`);
    return;
  }
  const loss = lost === 0 ? 'none lost' : `${lost} lost (${lossText(report.lost)})`;
  process.stderr.write(
    `runward: ${report.events} events, ${loss}, ${report.detections} detections in ${seconds.toFixed(1)} s; ` +
      `${report.cpuSeconds.toFixed(2)} s of CPU\n`,
  );
}

/**
 * Runs until SIGINT, SIGTERM, `stop()` or the time is over; a second signal ends at once. Resolves to the
 * agent's last report.
 */
export async function untilStopped(
  agent: Agent,
  hooks: {
    readonly onHangup?: () => void;
    readonly durationMs?: number;
    readonly onStop: (stop: () => void) => void;
  },
): Promise<SensorReport> {
  let stopping = false;
  const stopped = Promise.withResolvers<void>();
  const stop = (): void => {
    if (stopping) process.exit(1);
    stopping = true;
    stopped.resolve();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('SIGHUP', () => hooks.onHangup?.());
  hooks.onStop(() => stopped.resolve());
  const timer =
    hooks.durationMs === undefined ? undefined : setTimeout(() => stopped.resolve(), hooks.durationMs);
  await stopped.promise;
  stopping = true;
  clearTimeout(timer);
  return agent.stop();
}
