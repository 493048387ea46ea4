import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, OutputError } from './error.js';
import type { Batch, DiskQueue } from './queue/disk-queue.js';
import type { Transport } from './transport/transport.js';

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 30_000;
/** Batches that were written and may still be sent again. */
const MOST_UNCONFIRMED = 64;

/** What became of an output's records since the start. */
export interface DeliveryStats {
  readonly sent: number;
  /** Refused by the receiver for good. */
  readonly rejected: number;
  /** Why nothing arrives now; '' when it does. */
  readonly problem: string;
}

/** Sends what is in a queue, in order, until it has arrived: one after another, with longer and longer waits between tries. */
export class Delivery {
  readonly #queue: DiskQueue;
  readonly #transport: Transport;
  readonly #say: (message: string) => void;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  #unconfirmed: { readonly batch: Batch; readonly atMs: number }[] = [];
  #sent = 0;
  #rejected = 0;
  #problem = '';
  #waitMs = 0;
  #hurry = new AbortController();
  /** How many of the next go one by one: a batch with one of them in it was refused. */
  #single = 0;

  constructor(queue: DiskQueue, transport: Transport, say: (message: string) => void) {
    this.#queue = queue;
    this.#transport = transport;
    this.#say = say;
    transport.onBreak = (problem) => this.#broke(problem);
    this.#ended = this.#run();
  }

  get stats(): DeliveryStats {
    return { sent: this.#sent, rejected: this.#rejected, problem: this.#problem };
  }

  /** Somebody knows that the receiver is back: the wait before the next try is over. */
  tryNow(): void {
    this.#hurry.abort();
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#confirm();
      const { records, bytes } = this.#transport.most;
      const batch =
        this.#unconfirmed.length < MOST_UNCONFIRMED
          ? this.#queue.next(this.#single > 0 ? 1 : records, bytes)
          : undefined;
      if (batch === undefined) await this.#idle();
      else await this.#deliver(batch);
    }
  }

  /** Until there is something to do. */
  async #idle(): Promise<void> {
    const [oldest] = this.#unconfirmed;
    const settleMs = this.#transport.settleMs ?? 0;
    const due = oldest === undefined ? undefined : Math.max(1, oldest.atMs + settleMs - performance.now());
    const ended = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, ended.signal]);
    await Promise.race([this.#queue.added(), pause(due, signal)]);
    ended.abort();
  }

  async #deliver(batch: Batch): Promise<void> {
    try {
      await this.#transport.send(batch.records);
    } catch (error) {
      await this.#failed(batch, error);
      return;
    }
    this.#single = Math.max(0, this.#single - 1);
    this.#waitMs = 0;
    if (this.#problem !== '') this.#say('is taken again');
    this.#problem = '';
    this.#unconfirmed.push({ batch, atMs: performance.now() });
    this.#confirm();
  }

  /** What was written long enough ago has arrived. */
  #confirm(): void {
    const settleMs = this.#transport.settleMs ?? 0;
    for (let first = this.#unconfirmed[0]; first !== undefined; first = this.#unconfirmed[0]) {
      if (first.atMs + settleMs > performance.now()) return;
      this.#unconfirmed.shift();
      this.#queue.acknowledge(first.batch);
      this.#sent += first.batch.records.length;
    }
  }

  async #failed(batch: Batch, error: unknown): Promise<void> {
    if (error instanceof OutputError && error.isFinal) {
      this.#refused(batch, error);
      return;
    }
    this.#broke(messageOf(error));
    this.#waitMs = Math.min(LONGEST_WAIT_MS, this.#waitMs === 0 ? FIRST_WAIT_MS : this.#waitMs * 2);
    // Not all at once when a receiver of many comes back.
    this.#hurry = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, this.#hurry.signal]);
    await pause(this.#waitMs * (0.75 + Math.random() / 2), signal);
  }

  #refused(batch: Batch, error: OutputError): void {
    // Who refuses for good is there.
    this.#problem = '';
    this.#waitMs = 0;
    if (batch.records.length > 1) {
      this.#single = batch.records.length;
      this.#queue.rewind();
      return;
    }
    this.#single = Math.max(0, this.#single - 1);
    this.#rejected += 1;
    this.#queue.acknowledge(batch);
    this.#say(`a record is not taken and left out: ${error.message}`);
  }

  #broke(problem: string): void {
    this.#unconfirmed = [];
    this.#queue.rewind();
    if (this.#problem === '') this.#say(`cannot be reached, and is tried again: ${problem}`);
    this.#problem = problem;
  }

  /** Gives what waits a moment to arrive; the rest stays on the disk. */
  async close(patienceMs: number): Promise<void> {
    const until = performance.now() + patienceMs;
    while (this.#queue.count > 0 && this.#problem === '' && performance.now() < until) await sleep(10);
    this.#stop.abort();
    this.#transport.onBreak = () => undefined;
    await Promise.race([this.#ended, sleep(patienceMs)]);
    await this.#transport.close();
    this.#queue.close();
  }
}

/** Resolves after the time, or when it is aborted; without a time only then. */
function pause(ms: number | undefined, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = ms === undefined ? undefined : setTimeout(done, ms);
    timer?.unref();
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done, { once: true });
  });
}
