import type { ControlChangeBody } from '@runward/evidence';
import { ServerError } from '../error.js';

/** A change that was found on record. */
export interface RecordedChange extends ControlChangeBody {
  readonly seq: number;
  /** RFC 3339. */
  readonly time: string;
}

/** Where it is on record who changed what. */
export interface Changes {
  /** Why nothing can be put on record now; undefined when it can. */
  readonly trouble: string | undefined;
  /** Resolves when it is on the disk. */
  record(change: ControlChangeBody): Promise<void>;
  /** The newest before that number, newest first. */
  read(beforeSeq: number | undefined, limit: number): Promise<readonly RecordedChange[]>;
}

/** Nothing is changed that cannot be put on record. */
export const unrecorded = (why: string): ServerError =>
  new ServerError('SERVER_UNRECORDED', `changes cannot be put on record now: ${why}`, {
    help: 'make room on the disk of the evidence log; nothing is changed before',
  });
