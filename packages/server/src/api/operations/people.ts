import { z } from 'zod';
import { ServerError } from '../../error.js';
import { type Grant, isWithin, may, type People, type Person, ROLE_INFO, ROLES } from '../../people/index.js';
import { type Caller, type Operation, operation } from '../operation.js';
import { afterOf, page, pageOf, pageQuery } from '../page.js';
import { displayName, grants, id, newPassword, person, personName } from '../schemas.js';

const manager = (caller: Caller): void => {
  if (!may(caller.grants, 'people.manage'))
    throw new ServerError('SERVER_NOT_ALLOWED', 'accounts are managed by whoever may do so everywhere');
};

/** Nobody gives what they do not have. */
const within = (caller: Caller, wanted: readonly Grant[]): void => {
  if (!isWithin(wanted, caller.grants))
    throw new ServerError('SERVER_NOT_ALLOWED', 'a role cannot be given that goes beyond one’s own');
};

/** As a record shows it. */
const shown = ({ name, displayName: display, grants: held, disabled }: Person) => ({
  ...{ name, displayName: display, grants: held, disabled },
});

export function peopleOperations(people: People): readonly Operation[] {
  const common = { tag: 'people', access: 'people.manage' } as const;
  return [
    operation(
      {
        ...{ id: 'listRoles', method: 'GET', path: '/roles', tag: 'people', access: 'person' },
        summary: 'The roles there are, and what they may',
        answer: z.array(z.object({ role: z.string(), about: z.string(), permissions: z.array(z.string()) })),
      },
      async () =>
        ROLES.map((role) => ({
          role,
          about: ROLE_INFO[role].about,
          permissions: [...ROLE_INFO[role].permissions],
        })),
    ),
    operation(
      {
        ...{ id: 'listPeople', method: 'GET', path: '/people', ...common },
        summary: 'Accounts by name',
        query: z.object(pageQuery),
        answer: pageOf(person),
      },
      async ({ query: { limit, cursor } }, caller) => {
        manager(caller);
        return page(await people.list(afterOf(cursor), limit + 1), limit, ({ name }) => name);
      },
    ),
    operation(
      {
        ...{ id: 'createPerson', method: 'POST', path: '/people', ...common },
        summary: 'A new account, with a password that has to be changed at once',
        body: z.strictObject({ name: personName, displayName, grants, password: newPassword }),
        answer: person,
        status: 201,
      },
      async ({ body, changed }, caller) => {
        manager(caller);
        within(caller, body.grants);
        const made = await people.create(body);
        changed({ target: `people/${made.id}`, before: null, after: shown(made) });
        return made;
      },
    ),
    operation(
      {
        ...{ id: 'getPerson', method: 'GET', path: '/people/{id}', ...common },
        summary: 'One account',
        params: z.object({ id }),
        answer: person,
      },
      async ({ params }, caller) => {
        manager(caller);
        return people.get(params.id);
      },
    ),
    operation(
      {
        ...{ id: 'changePerson', method: 'PATCH', path: '/people/{id}', ...common },
        summary: 'Changes what an account may, its name for people, or whether it can be used',
        params: z.object({ id }),
        body: z.strictObject({ displayName, grants, disabled: z.boolean() }).partial(),
        answer: person,
      },
      async ({ params, body, changed }, caller) => {
        manager(caller);
        const before = await people.get(params.id);
        within(caller, body.grants ?? []);
        within(caller, before.grants);
        const after = await people.change(params.id, body);
        changed({ target: `people/${after.id}`, before: shown(before), after: shown(after) });
        return after;
      },
    ),
    operation(
      {
        ...{ id: 'setPassword', method: 'PUT', path: '/people/{id}/password', ...common },
        summary: 'A password that has to be changed at once; all sessions of the account end',
        params: z.object({ id }),
        body: z.strictObject({ password: newPassword }),
      },
      async ({ params, body, changed }, caller) => {
        manager(caller);
        within(caller, (await people.get(params.id)).grants);
        await people.setPassword(params.id, body.password, true);
        changed({ target: `people/${params.id}`, before: null, after: { password: 'set by somebody else' } });
      },
    ),
    operation(
      {
        ...{ id: 'removePerson', method: 'DELETE', path: '/people/{id}', ...common },
        summary: 'Removes an account with its sessions and tokens',
        params: z.object({ id }),
      },
      async ({ params, changed }, caller) => {
        manager(caller);
        within(caller, (await people.get(params.id)).grants);
        const before = await people.remove(params.id);
        changed({ target: `people/${before.id}`, before: shown(before), after: null });
      },
    ),
  ];
}
