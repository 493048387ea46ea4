import { type EventView, eventTypeByName } from '@runward/events';
import type { Scene } from '../scene.js';
import type { Action } from './action.js';
import { FILE_ACTIONS } from './files.js';
import { HANDLE_ACTIONS } from './handles.js';
import { NETWORK_ACTIONS } from './network.js';
import { PRIVILEGE_ACTIONS } from './privileges.js';

const TABLES = [FILE_ACTIONS, NETWORK_ACTIONS, HANDLE_ACTIONS, PRIVILEGE_ACTIONS];
const EXECS = ['execve', 'execveat'];
/** System calls whose events say something; all others are learnt by name only, where they happen to be sent. */
export const LEARNT_CALLS: ReadonlySet<string> = new Set([...TABLES.flatMap(Object.keys), ...EXECS]);

/** By event type id. */
export const ACTIONS: readonly (Action | undefined)[] = (() => {
  const byId: (Action | undefined)[] = [];
  for (const name of LEARNT_CALLS) {
    const actions = TABLES.flatMap((table) => (table[name] === undefined ? [] : [table[name]]));
    const id = eventTypeByName.get(name)?.id;
    const [first, second] = actions;
    if (id === undefined || first === undefined) continue;
    byId[id] = second === undefined ? first : both(first, second);
  }
  return byId;
})();

/** No name is in more than two tables. */
function both(first: Action, second: Action): Action {
  return (view: EventView, scene: Scene) => {
    first(view, scene);
    second(view, scene);
  };
}
