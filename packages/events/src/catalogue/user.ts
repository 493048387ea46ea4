import type { FieldSpec } from '../field.js';
import type { AccountNames } from '../model.js';
import { rowsFrom } from './spec.js';

const process = rowsFrom('the credentials of the process');
const accounts = rowsFrom('the user database of the container (or host)');

/** The kernel's "no login": 2^32 - 1, shown as -1. */
const NO_LOGIN = 0xffffffff;

/**
 * Many images have no account for the user they run as. `<NA>` rather than nothing, because a rule that
 * says `user.name != root` means those too; user 0 is root with or without a database.
 */
const nameOf = (names: AccountNames, uid: number): string =>
  names.userName(uid) ?? (uid === 0 ? 'root' : '<NA>');

export const userFields: readonly FieldSpec[] = [
  process('user.uid', 'uint', 'effective user id', (v) => v.process.euid),
  process('user.ruid', 'uint', 'real user id', (v) => v.process.uid),
  accounts('user.name', 'string', 'name of the effective user; `<NA>` when no database names it', (v) =>
    nameOf(v.accounts, v.process.euid),
  ),
  accounts('user.homedir', 'string', 'home directory of the effective user', (v) =>
    v.accounts.userHome(v.process.euid),
  ),
  accounts('user.shell', 'string', 'login shell of the effective user', (v) =>
    v.accounts.userShell(v.process.euid),
  ),
  process(
    'user.loginuid',
    'int',
    'user id of the audit login, which su and sudo keep; -1 without a login',
    ({ process: { loginuid } }) => (loginuid === NO_LOGIN ? -1 : loginuid),
  ),
  accounts(
    'user.loginname',
    'string',
    'user name of the audit login',
    ({ process: { loginuid }, accounts: names }) =>
      loginuid === NO_LOGIN ? undefined : names.userName(loginuid),
  ),
];
