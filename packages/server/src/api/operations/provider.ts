import { z } from 'zod';
import { ServerError } from '../../error.js';
import type { IdentityProvider, People, Sessions } from '../../people/index.js';
import { type Operation, openOperation } from '../operation.js';

const ways = z
  .object({
    password: z.boolean(),
    provider: z.object({ name: z.string() }).nullable(),
  })
  .meta({ id: 'SignInWays' });

/** Signing in through an identity provider, where one is set up. */
export function providerOperations(
  people: People,
  sessions: Sessions,
  provider: IdentityProvider | undefined,
): readonly Operation[] {
  const there = (): IdentityProvider => {
    if (provider !== undefined) return provider;
    throw new ServerError('SERVER_NOT_FOUND', 'no identity provider is set up');
  };
  return [
    openOperation(
      {
        ...{ id: 'getSignInWays', method: 'GET', path: '/session/ways', tag: 'session' },
        summary: 'How people can sign in here',
        answer: ways,
      },
      async () => ({
        password: true,
        provider: provider === undefined ? null : { name: provider.settings.name },
      }),
    ),
    openOperation(
      {
        ...{ id: 'beginProviderSignIn', method: 'POST', path: '/session/provider', tag: 'session' },
        summary: 'Begins to sign in at the identity provider: where to send the browser',
        answer: z.object({ url: z.string() }),
      },
      async ({ setBrowser }) => {
        const { url, browser } = await there().begin();
        setBrowser(browser);
        return { url };
      },
    ),
    openOperation(
      {
        ...{ id: 'endProviderSignIn', method: 'GET', path: '/session/provider/callback', tag: 'session' },
        summary: 'Where the identity provider sends the browser back to',
        query: z.object({
          state: z.string().max(1000),
          ...{ code: z.string().max(4000).optional(), iss: z.string().max(1000).optional() },
          ...{ error: z.string().max(1000).optional(), error_description: z.string().max(4000).optional() },
          session_state: z.string().max(1000).optional(),
        }),
      },
      async ({ query, browser, setBrowser, setSession, redirect, changed, address }) => {
        const told = Object.entries(query).filter((each): each is [string, string] => each[1] !== undefined);
        const identity = await there().end(new URLSearchParams(told).toString(), browser);
        const person = await people.ofIdentity(identity);
        if (person.disabled) throw new ServerError('SERVER_NOT_SIGNED_IN', 'the account is disabled');
        setBrowser(undefined);
        setSession(await sessions.begin(person.id));
        await people.seen(person.id, Date.now());
        changed({
          by: { id: person.id, name: person.name, through: 'provider', address },
          target: `people/${person.id}`,
          before: null,
          after: { signedIn: person.name, through: identity.issuer, grants: person.grants },
        });
        redirect('/');
      },
    ),
  ];
}
