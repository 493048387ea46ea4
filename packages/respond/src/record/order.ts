import { ACTION_TABLE, type ActionName, actionOf, type Order } from '../actions/table.js';
import { invalidOrder } from '../error.js';

export type { ActionName, Order };

// The keys of the table are its names.
export const ACTIONS = Object.keys(ACTION_TABLE) as readonly ActionName[];

/**
 * An order as somebody sent it.
 *
 * @throws RespondError RESPOND_ORDER_INVALID
 */
export function orderOf(given: unknown): Order {
  if (typeof given !== 'object' || given === null) throw invalidOrder('the order is no object');
  const fields: Readonly<Record<string, unknown>> = { ...given };
  const name = ACTIONS.find((each) => each === fields.action);
  if (name === undefined)
    throw invalidOrder(`unknown action \`${String(fields.action)}\``, `use one of ${ACTIONS.join(', ')}`);
  const action = actionOf(name);
  const terms = Object.entries(action.terms);
  const keys = terms.map(([key]) => key);
  const takes = keys.length === 0 ? 'it takes nothing' : `it takes ${keys.join(', ')}`;
  const unknown = Object.keys(fields).find(
    (key) => key !== 'action' && fields[key] !== undefined && !keys.includes(key),
  );
  if (unknown !== undefined) throw invalidOrder(`\`${name}\` takes no \`${unknown}\``, takes);
  const read = terms.map(([key, term]) => [key, term.take(fields[key], key, name)] as const);
  // Each term was taken by what its action says of it.
  const order = {
    action: name,
    ...Object.fromEntries(read.filter(([, value]) => value !== undefined)),
  } as Order;
  const objection = action.objection?.(order);
  if (objection !== undefined) throw invalidOrder(objection.message, objection.help);
  return order;
}
