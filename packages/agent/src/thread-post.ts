import { parentPort } from 'node:worker_threads';
import { eventTypeById } from '@runward/events';
import type { RawBlock } from '@runward/evidence';
import type { FromWorker } from './messages.js';

/** Loss is counted by the low byte of the type id; internal events share none with a system call. */
export function typeName(key: number): string {
  for (const [id, type] of eventTypeById) if ((id & 255) === key) return type.name;
  return `type ${key}`;
}

export function post(message: FromWorker): void {
  parentPort?.postMessage(message);
}

/** Moved, not copied; it comes back once it is written. */
export function postBlock(block: RawBlock): void {
  parentPort?.postMessage({ kind: 'block', block } satisfies FromWorker, [block.buffer]);
}
