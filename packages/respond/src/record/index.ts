/** Orders and records, for who gives and shows them: nothing here acts. */
export { type AnyAction, actionOf } from '../actions/table.js';
export { ACTIONS, type ActionName, type Order, orderOf } from './order.js';
export { type Asker, isInForce, type ResponseRecord, type ResponseTarget } from './record.js';
