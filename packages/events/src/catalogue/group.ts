import type { FieldSpec } from '../field.js';
import type { AccountNames } from '../model.js';
import { rowsFrom } from './spec.js';

const process = rowsFrom('the credentials of the process');
const accounts = rowsFrom('the group database of the container (or host)');

/** As with users: nothing would make `group.name != root` false for groups without a name. */
const nameOf = (names: AccountNames, gid: number): string =>
  names.groupName(gid) ?? (gid === 0 ? 'root' : '<NA>');

export const groupFields: readonly FieldSpec[] = [
  process('group.gid', 'uint', 'effective group id', (v) => v.process.egid),
  process('group.rgid', 'uint', 'real group id', (v) => v.process.gid),
  accounts('group.name', 'string', 'name of the effective group; `<NA>` when no database names it', (v) =>
    nameOf(v.accounts, v.process.egid),
  ),
];
