import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Detection, EventRecord } from '@runward/detect';
import type { ReplayProgress } from '../event-source.js';
import { Control } from './control.js';
import type { FileResult, FromReplayWorker, ReplayMode, ReplayTask, WorkerSetup } from './messages.js';

export interface PoolOptions {
  readonly paths: readonly string[];
  readonly mode: ReplayMode;
  readonly host: boolean;
  /** Files replayed at once; default: as many as the machine has cores. */
  readonly jobs?: number;
  readonly signal?: AbortSignal;
}

export interface FileFailure {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly help: string;
}

export interface PoolHandlers {
  /** A promise holds back the replay. Detections come file by file, in the order of the files. */
  readonly onDetections?: (items: readonly Detection[], path: string) => void | Promise<void>;
  readonly onEvents?: (items: readonly EventRecord[], path: string) => void | Promise<void>;
  readonly onProgress?: (path: string, progress: ReplayProgress) => void;
}

export interface PoolResult {
  /** In the order of the files; those that failed, or were not begun when all was to end, are missing. */
  readonly files: readonly FileResult[];
  readonly failures: readonly FileFailure[];
}

/**
 * Replays files on several cores, one worker thread per file, each with state of its own. What is found comes out
 * file by file, in the order of the files, whatever the number of workers: a file that is ahead waits for its turn.
 */
export async function replayFiles(options: PoolOptions, handlers: PoolHandlers): Promise<PoolResult> {
  const jobs = Math.max(1, Math.min(options.jobs ?? availableParallelism(), options.paths.length));
  const replays = options.paths.map(
    (path) => new FileWorker({ path, mode: options.mode, host: options.host }),
  );
  const onAbort = (): void => {
    for (const replay of replays) replay.stop();
  };
  options.signal?.addEventListener('abort', onAbort, { once: true });
  if (options.signal?.aborted) onAbort();
  let next = 0;
  const runNext = async (): Promise<void> => {
    for (let replay = replays[next]; replay !== undefined; replay = replays[next]) {
      next += 1;
      replay.start(handlers);
      await replay.ended;
    }
  };
  const running = Promise.all(Array.from({ length: jobs }, runNext));
  for (const replay of replays) await replay.deliver(handlers);
  await running;
  options.signal?.removeEventListener('abort', onAbort);
  return {
    files: replays.flatMap((replay) => replay.result ?? []),
    failures: replays.flatMap((replay) => replay.failure ?? []),
  };
}

type Batch =
  | { readonly kind: 'detections'; readonly items: readonly Detection[] }
  | { readonly kind: 'events'; readonly items: readonly EventRecord[] };

/** One file on one thread. Its batches wait here until it is its turn; how many is bounded by {@link Control}. */
class FileWorker {
  readonly #task: ReplayTask;
  readonly #control = new Control();
  readonly #ended = Promise.withResolvers<void>();
  #batches: Batch[] = [];
  #arrived = Promise.withResolvers<void>();
  #isOver = false;
  result: FileResult | undefined;
  failure: FileFailure | undefined;

  constructor(task: ReplayTask) {
    this.#task = task;
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  stop(): void {
    this.#control.stop();
  }

  start(handlers: PoolHandlers): void {
    if (this.#control.stopped) {
      this.#end();
      return;
    }
    const workerData: WorkerSetup = { task: this.#task, control: this.#control.buffer };
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData });
    worker.on('message', (message: FromReplayWorker) => this.#receive(message, handlers));
    worker.on('error', (error) => this.#fail('', error.message));
    worker.on('exit', () => {
      if (this.result === undefined) this.#fail('', 'the thread that replays ended');
      this.#end();
    });
  }

  #end(): void {
    this.#isOver = true;
    this.#ended.resolve();
    this.#arrived.resolve();
  }

  #fail(code: string, message: string, help = ''): void {
    this.failure ??= { path: this.#task.path, code, message, help };
  }

  #receive(message: FromReplayWorker, handlers: PoolHandlers): void {
    switch (message.kind) {
      case 'detections':
      case 'events':
        this.#batches.push(message);
        this.#arrived.resolve();
        return;
      case 'progress':
        handlers.onProgress?.(this.#task.path, message.progress);
        return;
      case 'done':
        this.result = message.result;
        return;
      case 'failed':
        this.#fail(message.failure.code, message.failure.message, message.failure.help);
    }
  }

  /** Hands on what was found, as it comes, until the file is over. */
  async deliver(handlers: PoolHandlers): Promise<void> {
    for (;;) {
      const batches = this.#batches;
      this.#batches = [];
      for (const batch of batches) {
        await (batch.kind === 'detections'
          ? handlers.onDetections?.(batch.items, this.#task.path)
          : handlers.onEvents?.(batch.items, this.#task.path));
        this.#control.take(batch.items.length);
      }
      if (this.#batches.length > 0) continue;
      if (this.#isOver) return;
      this.#arrived = Promise.withResolvers<void>();
      await this.#arrived.promise;
    }
  }
}
