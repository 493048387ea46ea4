import { RunwardError } from '@runward/core';

export type RespondErrorCode =
  | 'RESPOND_ORDER_INVALID'
  | 'RESPOND_VANISHED'
  | 'RESPOND_NOT_IN_CONTAINER'
  | 'RESPOND_NO_GROUP'
  | 'RESPOND_GROUP_SHARED'
  | 'RESPOND_NO_FREEZER'
  | 'RESPOND_FREEZE_TIMEOUT'
  | 'RESPOND_KILL_TIMEOUT'
  | 'RESPOND_NO_CONTROLLER'
  | 'RESPOND_DENIED'
  | 'RESPOND_NO_SPACE'
  | 'RESPOND_NO_OVERLAY'
  | 'RESPOND_TIMED_OUT'
  | 'RESPOND_BUSY'
  | 'RESPOND_FAILED'
  | 'RESPOND_NOT_SET_UP'
  | 'RESPOND_SECRET'
  | 'RESPOND_UNREACHABLE'
  | 'RESPOND_REFUSED'
  | 'RESPOND_NOTHING_FOUND'
  | 'RESPOND_NO_POD'
  | 'RESPOND_UNSIGNED'
  | 'RESPOND_SCRIPT_FAILED'
  | 'RESPOND_UNKNOWN'
  | 'RESPOND_NO_UNDO';

/** An action that was not done, or not wholly; the code says whether trying again can help. */
export class RespondError extends RunwardError<RespondErrorCode> {
  override readonly name = 'RespondError';
}

export const invalidOrder = (message: string, help = ''): RespondError =>
  new RespondError('RESPOND_ORDER_INVALID', message, { help });

/** Nothing there has that id. */
export const unknownId = (message: string, help: string): RespondError =>
  new RespondError('RESPOND_UNKNOWN', message, { help });

/** What may be gone the next moment: tried again when nobody is there to do it. */
export const PASSING: ReadonlySet<string> = new Set([
  'RESPOND_FREEZE_TIMEOUT',
  'RESPOND_KILL_TIMEOUT',
  'RESPOND_TIMED_OUT',
  'RESPOND_BUSY',
  'RESPOND_UNREACHABLE',
]);

export const errnoOf = (cause: unknown): string =>
  typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';

const BY_ERRNO: Readonly<Record<string, { readonly code: RespondErrorCode; readonly help: string }>> = {
  EPERM: { code: 'RESPOND_DENIED', help: 'run the agent as root, with the host’s cgroups writable' },
  EACCES: { code: 'RESPOND_DENIED', help: 'run the agent as root, with the host’s cgroups writable' },
  EROFS: { code: 'RESPOND_DENIED', help: 'mount the host’s cgroups writable for the agent' },
  ENOSPC: { code: 'RESPOND_NO_SPACE', help: 'make room on the disk, or give a smaller limit' },
  EDQUOT: { code: 'RESPOND_NO_SPACE', help: 'make room on the disk, or give a smaller limit' },
  ENOENT: { code: 'RESPOND_VANISHED', help: 'it ended meanwhile' },
  ENODEV: { code: 'RESPOND_VANISHED', help: 'it ended meanwhile' },
  ESRCH: { code: 'RESPOND_VANISHED', help: 'it ended meanwhile' },
  EBUSY: { code: 'RESPOND_BUSY', help: 'try again' },
  EAGAIN: { code: 'RESPOND_BUSY', help: 'try again' },
};

/** What the machine said, as an error of this room. */
export function respondError(what: string, cause: unknown): RespondError {
  if (cause instanceof RespondError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const { code, help } = BY_ERRNO[errnoOf(cause)] ?? { code: 'RESPOND_FAILED' as const, help: '' };
  return new RespondError(code, `${what}: ${reason}`, { help, cause });
}

/** What `act` gives; undefined when what it acts on went away meanwhile, as it may at any moment. */
export function unlessGone<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof RespondError && error.code === 'RESPOND_VANISHED') return undefined;
    throw error;
  }
}
