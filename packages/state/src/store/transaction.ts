import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Decision } from '../decisions/decision.js';
import { DecisionLog } from '../decisions/decision-log.js';
import { StateError } from '../error.js';
import { readFileIfAny, removeFile, replaceFile, unwritable } from '../files/durable-file.js';

const JOURNAL = 'policies/.transaction.json';
const DECISIONS = 'decisions.jsonl';

/** A change of several files that happens as a whole. Paths are relative to the state folder. */
export interface Transaction {
  readonly decision: Decision;
  /** Written in this order. */
  readonly write: readonly (readonly [path: string, text: string])[];
  readonly remove: readonly string[];
}

/**
 * Writes down what is going to happen, then does it. A crash before the first is on the disk leaves everything as it
 * was; after it {@link finish} completes the change. Whoever calls holds the lock.
 *
 * @throws StateError STATE_UNWRITABLE
 */
export function commit(folder: string, transaction: Transaction): void {
  prepareFolder(folder, JOURNAL);
  replaceFile(join(folder, JOURNAL), JSON.stringify(transaction));
  carryOut(folder, transaction);
}

/**
 * Completes what a crash interrupted. Whoever calls holds the lock.
 *
 * @throws StateError STATE_UNREADABLE, STATE_UNWRITABLE, STATE_DAMAGED
 */
export function finish(folder: string): void {
  const path = join(folder, JOURNAL);
  const text = readFileIfAny(path);
  if (text === undefined) return;
  let transaction: Transaction;
  try {
    transaction = JSON.parse(text) as Transaction; // written by commit, whole or not at all
  } catch (cause) {
    throw new StateError('STATE_DAMAGED', `\`${path}\` cannot be read`, {
      help: 'something else wrote it: remove it',
      cause,
    });
  }
  carryOut(folder, transaction);
}

/** Each step leaves what an earlier, interrupted run of it left. */
function carryOut(folder: string, { decision, write, remove }: Transaction): void {
  for (const [path, text] of write) {
    prepareFolder(folder, path);
    replaceFile(join(folder, path), text);
  }
  for (const path of remove) removeFile(join(folder, path));
  new DecisionLog(join(folder, DECISIONS)).append(decision);
  removeFile(join(folder, JOURNAL));
}

function prepareFolder(folder: string, path: string): void {
  const parent = dirname(join(folder, path));
  try {
    mkdirSync(parent, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unwritable(parent, cause);
  }
}

export const decisionLog = (folder: string): DecisionLog => new DecisionLog(join(folder, DECISIONS));
