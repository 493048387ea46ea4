import { z } from 'zod';
import type { Changes } from '../../changes/index.js';
import { ServerError } from '../../error.js';
import { may } from '../../people/index.js';
import { type Operation, operation } from '../operation.js';
import { afterOf, page, pageOf, pageQuery } from '../page.js';

const change = z
  .object({
    seq: z.number().int().describe('the number of the record in the evidence log of the server'),
    time: z.string(),
    action: z.string(),
    who: z.object({ id: z.string(), name: z.string(), through: z.string(), address: z.string() }).nullable(),
    target: z.string(),
    before: z.unknown(),
    after: z.unknown(),
  })
  .meta({ id: 'Change' });

export function changeOperations(changes: Changes): readonly Operation[] {
  return [
    operation(
      {
        ...{ id: 'listChanges', method: 'GET', path: '/changes', tag: 'changes', access: 'people.manage' },
        summary: 'Who changed what, the newest first, from the evidence log of the server',
        query: z.object(pageQuery),
        answer: pageOf(change),
      },
      async ({ query: { limit, cursor } }, { grants }) => {
        if (!may(grants, 'people.manage'))
          throw new ServerError(
            'SERVER_NOT_ALLOWED',
            'changes are seen by whoever may manage people everywhere',
          );
        const before = afterOf(cursor);
        const found = await changes.read(before === '' ? undefined : Number(before), limit + 1);
        return page(found, limit, ({ seq }) => String(seq));
      },
    ),
  ];
}
