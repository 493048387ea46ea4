import { Worker } from 'node:worker_threads';
import type { EffectivePolicy, KernelCompilation, PolicyReading } from '@runward/policy';
import { type Job, type JobResults, work } from './workshop-jobs.js';
import type { Delivery, Order } from './workshop-thread.js';

/** Measured: up to here it takes a few milliseconds, less than handing it to a thread that has to start. */
const SMALL_LINES = 24;
const SMALL_TEXT = 16 * 1024;
const IDLE_MS = 10_000;

interface Waiting {
  readonly fulfil: (result: JobResults[Job['kind']]) => void;
  readonly reject: (problem: Error) => void;
}

/** Reads and compiles policies; what is large on a thread of its own, which is there only while it is needed. */
export class Workshop {
  readonly #waiting = new Map<number, Waiting>();
  #thread: Worker | undefined;
  #orders = 0;
  #idle: NodeJS.Timeout | undefined;

  /** As `readPolicies`. */
  async read(files: readonly { readonly name: string; readonly text: string }[]): Promise<PolicyReading> {
    const length = files.reduce((sum, { text }) => sum + text.length, 0);
    const job = { kind: 'read', files } as const;
    return length <= SMALL_TEXT ? work<'read'>(job) : this.#order<'read'>(job);
  }

  /** As `compileForKernel`. */
  async compile(effective: EffectivePolicy): Promise<KernelCompilation> {
    const job = { kind: 'compile', effective } as const;
    return effective.lines.length <= SMALL_LINES ? work<'compile'>(job) : this.#order<'compile'>(job);
  }

  close(): void {
    clearTimeout(this.#idle);
    const thread = this.#thread;
    this.#thread = undefined;
    for (const { reject } of this.#waiting.values()) reject(new Error('the agent ends'));
    this.#waiting.clear();
    void thread?.terminate();
  }

  #order<K extends Job['kind']>(job: Job): Promise<JobResults[K]> {
    clearTimeout(this.#idle);
    const number = ++this.#orders;
    return new Promise((fulfil, reject) => {
      // The thread answers a job with what `work` gives for its kind.
      this.#waiting.set(number, { fulfil: (result) => fulfil(result as JobResults[K]), reject });
      this.#started().postMessage({ number, job } satisfies Order);
    });
  }

  #started(): Worker {
    if (this.#thread !== undefined) return this.#thread;
    const thread = new Worker(new URL('./workshop-thread.js', import.meta.url));
    thread.unref();
    thread.on('message', (delivery: Delivery) => this.#deliver(delivery));
    thread.on('error', (error) => this.#failed(thread, error));
    thread.on('exit', () => this.#failed(thread, new Error('the thread that compiles policies ended')));
    this.#thread = thread;
    return thread;
  }

  #deliver(delivery: Delivery): void {
    const waiting = this.#waiting.get(delivery.number);
    this.#waiting.delete(delivery.number);
    if ('result' in delivery) waiting?.fulfil(delivery.result);
    else waiting?.reject(new Error(delivery.failure));
    if (this.#waiting.size > 0) return;
    this.#idle = setTimeout(() => this.close(), IDLE_MS).unref();
  }

  #failed(thread: Worker, problem: Error): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    for (const { reject } of this.#waiting.values()) reject(problem);
    this.#waiting.clear();
  }
}
