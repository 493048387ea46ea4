import type { Agent, EvidenceHost, Loss, SensorReport } from '@runward/agent';
import { EXIT } from './command.js';
import type { LineWriter } from './output.js';
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
  const { evicted } = report.correlations;
  const { grouped, limited } = report.noise;
  const counted = [
    grouped > 0 && `${grouped} of them in groups`,
    limited > 0 && `${limited} over the rate limit`,
  ];
  const noise = counted.filter((text) => text !== false).join(', ');
  const given =
    evicted === 0 ? '' : `; ${evicted} groups of sequences and thresholds evicted (docs/sequences.md)`;
  process.stderr.write(
    `runward: ${report.events} events, ${loss}, ${report.detections} detections${noise === '' ? '' : ` (${noise})`} in ${seconds.toFixed(1)} s; ` +
      `${report.cpuSeconds.toFixed(2)} s of CPU${given}\n`,
  );
}

/**
 * When a session is to end. Listens from the moment it is made, so that a signal during the start is not lost;
 * a second SIGINT or SIGTERM ends the process at once.
 */
export class SessionEnd {
  /** Resolves at SIGINT, SIGTERM or {@link request}. */
  readonly requested: Promise<void>;
  readonly #request = Promise.withResolvers<void>();
  #onHangup: (() => void) | undefined;
  #hungUp = false;

  constructor() {
    this.requested = this.#request.promise;
    let signals = 0;
    const onSignal = (): void => {
      signals += 1;
      if (signals > 1) process.exit(EXIT.failure);
      this.request();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
    process.on('SIGHUP', () => {
      if (this.#onHangup === undefined) this.#hungUp = true;
      else this.#onHangup();
    });
    this.#endWithParent();
  }

  /** Whoever started this with a channel to it (`runward up`) is gone when that closes, even when it was killed. */
  #endWithParent(): void {
    if (process.connected === undefined) return;
    if (!process.connected) this.request();
    process.once('disconnect', () => this.request());
    process.channel?.unref();
  }

  request(): void {
    this.#request.resolve();
  }

  /** Calls at each SIGHUP, and at once for those that came before. */
  onHangup(listener: () => void): void {
    this.#onHangup = listener;
    if (this.#hungUp) listener();
    this.#hungUp = false;
  }
}

/** How long the reader of standard output may take after the end, milliseconds. */
const OUTPUT_PATIENCE_MS = 1000;

/** Waits for the end, stops the agent, writes what is left and the summary. Resolves to the exit code. */
export async function conclude(
  agent: Agent,
  end: SessionEnd,
  output: {
    readonly writer: LineWriter;
    readonly startedAtMs: number;
    readonly json: boolean;
    readonly evidence?: EvidenceHost;
  },
): Promise<number> {
  await end.requested;
  const report = await agent.stop();
  await agent.recorded();
  await output.evidence?.end('asked to', report);
  const isTaken = await output.writer.finish(OUTPUT_PATIENCE_MS);
  if (!isTaken) process.stderr.write('runward: the last lines were not read from standard output\n');
  printSummary(report, output.startedAtMs, output.json);
  // A write that nobody takes would keep the process alive.
  if (!isTaken) process.exit(EXIT.ok);
  return EXIT.ok;
}
