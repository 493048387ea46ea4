import { z } from 'zod';
import { ServerError } from '../../error.js';
import {
  Attempts,
  isPassword,
  type People,
  type Permission,
  pageProof,
  ROLE_INFO,
  type Sessions,
} from '../../people/index.js';
import { type Operation, openOperation, operation } from '../operation.js';
import { newPassword, person } from '../schemas.js';

const session = z
  .object({
    person,
    permissions: z.array(z.string()).describe('what the person may somewhere'),
    proof: z
      .string()
      .nullable()
      .describe('for the header `x-runward-page` of requests that change something'),
  })
  .meta({ id: 'Session' });

const permissionsOf = (grants: readonly { readonly role: keyof typeof ROLE_INFO }[]): Permission[] => [
  ...new Set(grants.flatMap(({ role }) => ROLE_INFO[role].permissions)),
];

const refused = (): ServerError =>
  new ServerError('SERVER_NOT_SIGNED_IN', 'the name or the password is wrong', {
    help: 'somebody who may manage people can set a new password',
  });

/** Signing in and out, and one's own password. */
export function sessionOperations(
  people: People,
  sessions: Sessions,
  attempts = new Attempts(),
): readonly Operation[] {
  /** Counts what fails, by name: a guesser of many passwords waits, whoever else asks does not. */
  const check = async (name: string, password: string): Promise<string> => {
    const waitMs = attempts.waitOf(name);
    if (waitMs > 0)
      throw new ServerError(
        'SERVER_TOO_OFTEN',
        `too many wrong passwords for this name; wait ${Math.ceil(waitMs / 1000)} s`,
      );
    // Counted before it is known, so that tries at the same moment are all counted.
    attempts.failed(name);
    const account = await people.passwordOf(name);
    if (!(await isPassword(password, account?.hash)) || account === undefined) throw refused();
    attempts.succeeded(name);
    return account.id;
  };
  return [
    openOperation(
      {
        ...{ id: 'signIn', method: 'POST', path: '/session', tag: 'session' },
        summary: 'Signs in with a password, for a cookie',
        body: z.strictObject({
          name: z.string().trim().toLowerCase().min(1).max(100),
          password: z.string().min(1).max(1000),
        }),
        answer: session,
        status: 201,
        tellsSecret: true,
      },
      async ({ body, setSession, changed, address }) => {
        const id = await check(body.name, body.password);
        const who = await people.get(id);
        if (who.disabled) throw refused();
        const secret = await sessions.begin(id);
        await people.seen(id, Date.now());
        setSession(secret);
        const by = { id, name: who.name, through: 'password', address };
        changed({ by, target: `people/${id}`, before: null, after: { signedIn: who.name } });
        return { person: who, permissions: permissionsOf(who.grants), proof: pageProof(secret) };
      },
    ),
    operation(
      {
        ...{ id: 'getSession', method: 'GET', path: '/session', tag: 'session', access: 'person' },
        summary: 'Who is signed in',
        answer: session,
        beforePassword: true,
      },
      async ({ session: secret }, { person: who, grants, through }) => ({
        person: { ...who, grants },
        permissions: permissionsOf(grants),
        proof: through === 'session' && secret !== undefined ? pageProof(secret) : null,
      }),
    ),
    operation(
      {
        ...{ id: 'signOut', method: 'DELETE', path: '/session', tag: 'session', access: 'person' },
        summary: 'Ends the session',
        beforePassword: true,
      },
      async ({ session: secret, setSession }) => {
        if (secret !== undefined) await sessions.end(secret);
        setSession(undefined);
      },
    ),
    operation(
      {
        ...{
          id: 'changeOwnPassword',
          method: 'PUT',
          path: '/session/password',
          tag: 'session',
          access: 'person',
        },
        summary: 'Sets a password of one’s own; all other sessions end',
        body: z.strictObject({ current: z.string().min(1).max(1000), password: newPassword }),
        beforePassword: true,
      },
      async ({ body, setSession, changed }, { person: who, through }) => {
        if (through !== 'session')
          throw new ServerError('SERVER_NOT_ALLOWED', 'a token does not set passwords', {
            help: 'sign in for that',
          });
        if (body.current === body.password)
          throw new ServerError('SERVER_INVALID', 'the new password is the old one', {
            faults: [{ at: 'body.password', message: 'has to be another' }],
          });
        await check(who.name, body.current);
        await people.setPassword(who.id, body.password, false);
        setSession(await sessions.begin(who.id));
        changed({ target: `people/${who.id}`, before: null, after: { password: 'set by its owner' } });
      },
    ),
  ];
}
