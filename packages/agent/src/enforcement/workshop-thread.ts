/** Entry of the thread that reads and compiles large policies. */
import { parentPort } from 'node:worker_threads';
import type { Job, JobResults } from './workshop-jobs.js';
import { work } from './workshop-jobs.js';

export interface Order {
  readonly number: number;
  readonly job: Job;
}

export type Delivery =
  | { readonly number: number; readonly result: JobResults[Job['kind']] }
  | { readonly number: number; readonly failure: string };

parentPort?.on('message', ({ number, job }: Order) => {
  const deliver = (delivery: Delivery): void => parentPort?.postMessage(delivery);
  try {
    deliver({ number, result: job.kind === 'read' ? work<'read'>(job) : work<'compile'>(job) });
  } catch (error) {
    deliver({ number, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
