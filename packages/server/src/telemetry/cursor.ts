import { ServerError } from '../error.js';

/** Behind a record, in the order in which they are told. */
export interface Place {
  readonly timeMs: number;
  readonly position: number;
}

export const cursorText = ({ timeMs, position }: Place): string => `${timeMs}-${position}`;

/** @throws ServerError SERVER_INVALID */
export function parseCursor(text: string): Place {
  const [, timeMs, position] = /^(\d{1,15})-(\d{1,15})$/.exec(text) ?? [];
  if (timeMs === undefined || position === undefined)
    throw new ServerError('SERVER_INVALID', 'the cursor is none that was given out', {
      help: 'leave it out to begin at the latest',
    });
  return { timeMs: Number(timeMs), position: Number(position) };
}
