import { type Changes, unrecorded } from '../changes/index.js';
import type { Caller, Change, Operation, Request } from './operation.js';

/** Has an operation done what was asked, and puts on record what it changed before anybody hears of it. @throws ServerError */
export async function perform(
  each: Operation,
  asked: Omit<Request<unknown, unknown, unknown>, 'changed'>,
  caller: Caller | undefined,
  changes: Changes,
): Promise<unknown> {
  if (each.method !== 'GET' && changes.trouble !== undefined) throw unrecorded(changes.trouble);
  const made: Change[] = [];
  try {
    return await each.handle({ ...asked, changed: (change) => void made.push(change) }, caller);
  } finally {
    // Also where it failed: what was asked of a node may have been done there.
    for (const { by, ...change } of made)
      await changes.record({ action: each.id, who: by ?? whoOf(caller), ...change });
  }
}

const whoOf = (caller: Caller | undefined) =>
  caller === undefined
    ? null
    : { id: caller.person.id, name: caller.person.name, through: caller.through, address: caller.address };
