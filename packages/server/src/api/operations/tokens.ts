import { z } from 'zod';
import { ServerError } from '../../error.js';
import { isWithin, may, type Token, type Tokens } from '../../people/index.js';
import { type Caller, type Operation, operation } from '../operation.js';
import { afterOf, page, pageOf, pageQuery } from '../page.js';
import { displayName, grants, id, token } from '../schemas.js';

const LONGEST_DAYS = 366;
const DAY_MS = 86_400_000;

const shown = ({ name, person, grants: held, expiresAt }: Token) => ({
  name,
  person,
  grants: held,
  expiresAt,
});

const isManager = ({ grants: held }: Caller): boolean => may(held, 'people.manage');

/** Of somebody else's tokens nothing is said to whoever does not manage people, not even that they are there. */
async function ownOrManaged(tokens: Tokens, tokenId: string, caller: Caller): Promise<Token> {
  const found = await tokens.get(tokenId);
  if (found.person === caller.person.id || isManager(caller)) return found;
  throw new ServerError('SERVER_NOT_FOUND', `there is no token \`${tokenId}\``);
}

export function tokenOperations(tokens: Tokens): readonly Operation[] {
  const common = { tag: 'tokens', access: 'person' } as const;
  return [
    operation(
      {
        ...{ id: 'listTokens', method: 'GET', path: '/tokens', ...common },
        summary: 'One’s own tokens, or with `all` those of everybody',
        query: z.object({ ...pageQuery, all: z.stringbool().default(false) }),
        answer: pageOf(token),
      },
      async ({ query: { limit, cursor, all } }, caller) => {
        if (all && !isManager(caller))
          throw new ServerError('SERVER_NOT_ALLOWED', 'tokens of others are seen by whoever manages people');
        const whose = all ? undefined : caller.person.id;
        return page(await tokens.list(whose, afterOf(cursor), limit + 1), limit, ({ id: key }) => key);
      },
    ),
    operation(
      {
        ...{ id: 'createToken', method: 'POST', path: '/tokens', ...common },
        summary: 'A token that may what one may oneself, or less; its secret is told once',
        body: z.strictObject({
          name: displayName,
          grants: grants.min(1),
          days: z.number().int().min(1).max(LONGEST_DAYS),
        }),
        answer: z.object({ token, secret: z.string() }),
        status: 201,
        tellsSecret: true,
      },
      async ({ body, changed }, caller) => {
        if (!isWithin(body.grants, caller.grants))
          throw new ServerError('SERVER_NOT_ALLOWED', 'a token cannot go beyond what its owner may');
        const made = await tokens.create(
          caller.person.id,
          body.name,
          body.grants,
          Date.now() + body.days * DAY_MS,
        );
        changed({ target: `tokens/${made.token.id}`, before: null, after: shown(made.token) });
        return made;
      },
    ),
    operation(
      {
        ...{ id: 'removeToken', method: 'DELETE', path: '/tokens/{id}', ...common },
        summary: 'Ends a token',
        params: z.object({ id }),
      },
      async ({ params, changed }, caller) => {
        const before = await ownOrManaged(tokens, params.id, caller);
        await tokens.remove(before.id);
        changed({ target: `tokens/${before.id}`, before: shown(before), after: null });
      },
    ),
  ];
}
