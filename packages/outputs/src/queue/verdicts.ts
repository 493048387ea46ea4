import { OutputError } from '../error.js';

/** What a transport throws when the receiver will never take it. */
export const neverTaken = (why: string): OutputError => new OutputError('OUTPUT_REJECTED', why);

/** What it throws when it is worth trying again. */
export const notTakenNow = (why: string, cause: unknown): OutputError =>
  new OutputError('OUTPUT_UNREACHABLE', why, { cause });
