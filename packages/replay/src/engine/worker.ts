import { parentPort, workerData } from 'node:worker_threads';
import { RunwardError } from '@runward/core';
import type { Detection, EventRecord } from '@runward/detect';
import { openEventSource } from '../open-source.js';
import { Control } from './control.js';
import { replayFile } from './file-replay.js';
import type { FromReplayWorker, WorkerSetup } from './messages.js';
import { Outbox } from './outbox.js';

const PROGRESS_MS = 100;

const setup = workerData as WorkerSetup; // set by ReplayPool, the only one to start this file
const control = new Control(setup.control);
const post = (message: FromReplayWorker): void => parentPort?.postMessage(message);
const abort = new AbortController();

async function run(): Promise<void> {
  const detections = new Outbox<Detection>(control, (items) => post({ kind: 'detections', items }));
  const events = new Outbox<EventRecord>(control, (items) => post({ kind: 'events', items }));
  let toldAtMs = 0;
  const result = await replayFile(
    await openEventSource(setup.task.path),
    setup.task,
    {
      onDetection: detections.push,
      onEvent: events.push,
      onProgress: (progress) => {
        if (control.stopped) abort.abort();
        const now = performance.now();
        if (now - toldAtMs < PROGRESS_MS) return;
        toldAtMs = now;
        post({ kind: 'progress', progress });
      },
    },
    abort.signal,
  );
  detections.flush();
  events.flush();
  post({ kind: 'done', result });
}

try {
  await run();
} catch (error) {
  const failure =
    error instanceof RunwardError
      ? { code: error.code, message: error.message, help: error.help }
      : {
          code: '',
          message: error instanceof Error ? (error.stack ?? error.message) : String(error),
          help: '',
        };
  post({ kind: 'failed', failure });
}
