/** Orders and records, for who gives and shows them: nothing here acts. */
export { ACTIONS, type ActionName, DEFAULTS, invalidOrder, MOST, type Order, orderOf } from './order.js';
export { type Asker, isInForce, type ResponseRecord, type ResponseTarget } from './record.js';
