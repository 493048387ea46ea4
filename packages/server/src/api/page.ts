import { z } from 'zod';
import { ServerError } from '../error.js';

/** How a list is asked for: in pages, each of which says where the next begins. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(500).default(100).describe('how many at most'),
  cursor: z.string().max(500).optional().describe('`next` of the page before'),
};

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    next: z.string().nullable().describe('`cursor` of the next page; null at the end'),
  });

/** What was after the last item, as the cursor has it. @throws ServerError SERVER_INVALID */
export function afterOf(cursor: string | undefined): string {
  if (cursor === undefined) return '';
  const text = Buffer.from(cursor, 'base64url').toString();
  if (text.startsWith('after:')) return text.slice('after:'.length);
  throw new ServerError('SERVER_INVALID', 'the cursor is none of this server', {
    faults: [{ at: 'query.cursor', message: 'is no `next` of a page' }],
    help: 'ask without a cursor, from the first page on',
  });
}

/** A page of items that were asked for with one more than `limit`. */
export function page<T>(found: readonly T[], limit: number, keyOf: (item: T) => string) {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const isMore = found.length > limit && last !== undefined;
  return { items, next: isMore ? Buffer.from(`after:${keyOf(last)}`).toString('base64url') : null };
}
