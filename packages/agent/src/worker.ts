/**
 * Entry of the sensor thread. The kernel takes longest, verifying the programs on another thread, so that
 * begins before the rest of this one is even loaded.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { RunwardError } from '@runward/core';
import { createEventFd } from '@runward/native';
import { Kernel } from '@runward/sensor';
import type { Failure, FromWorker, WorkerSetup } from './messages.js';

const setup = workerData as WorkerSetup; // made by setupOf of this package
const post = (message: FromWorker): void => parentPort?.postMessage(message);

const verifying = Promise.withResolvers<void>();
const loading = Kernel.load(setup, verifying.resolve);
loading.catch(() => verifying.resolve()); // awaited below, unless the rules are rejected first
const wakeFd = createEventFd();
post({ kind: 'begun', wakeFd });

const describeFailure = (error: unknown): Failure =>
  error instanceof RunwardError
    ? { code: error.code, message: error.message, help: error.help }
    : {
        code: 'AGENT_INTERNAL',
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
        help: '',
      };

const { RulesRejected, SensorThread } = await import('./sensor-thread.js');
// Reading the rules blocks this thread for a tenth of a second; the kernel works beside it once it was told to.
await verifying.promise;
try {
  const thread = await SensorThread.start(setup, wakeFd, loading);
  thread.run();
} catch (error) {
  loading.then((kernel) => kernel.close()).catch(() => undefined);
  // Of rejected rules the diagnostics are already on their way; there is nothing to add.
  if (!(error instanceof RulesRejected)) post({ kind: 'failed', failure: describeFailure(error) });
}
parentPort?.close();
