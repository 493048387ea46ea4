import type { OperatorDesk, OperatorQuestion } from '../admin/admin-server.js';
import type { Changes } from '../changes/index.js';
import { ServerError } from '../error.js';
import { EVERYWHERE, PERMISSIONS } from '../people/index.js';
import type { Caller, Operation } from './operation.js';
import { perform } from './perform.js';
import { readInput } from './read-input.js';

/** Operations for the operator of the machine, who asks at the server's own socket: those that need a permission, not a session. */
export function operatorDesk(operations: readonly Operation[], changes: Changes): Pick<OperatorDesk, 'ask'> {
  const byId = new Map(
    operations
      .filter(({ access, open }) => open === undefined && (PERMISSIONS as readonly string[]).includes(access))
      .map((o) => [o.id, o]),
  );
  return {
    ask: async ({ operation, by, ...given }: OperatorQuestion): Promise<unknown> => {
      const each = byId.get(operation);
      if (each === undefined)
        throw new ServerError('SERVER_NOT_FOUND', `there is no operation \`${operation}\``, {
          help: 'command and server may be of different versions',
        });
      const input = readInput(each, { ...given, body: given.body });
      const ignored = (): void => undefined; // there is no browser
      const asked = {
        ...{ ...input, address: 'socket', session: undefined, browser: undefined },
        ...{ setBrowser: ignored, setSession: ignored, redirect: ignored },
      };
      const result = await perform(each, asked, operator(by), changes);
      return each.answer === undefined ? undefined : each.answer.parse(result);
    },
  };
}

const operator = (name: string): Caller => ({
  person: {
    ...{ id: `operator:${name}`, name, displayName: name, disabled: false, mustChangePassword: false },
    ...{ grants: [{ role: 'admin', ...EVERYWHERE }], createdAt: 0, seenAt: null },
  },
  grants: [{ role: 'admin', ...EVERYWHERE }],
  through: 'socket',
  address: 'socket',
});
