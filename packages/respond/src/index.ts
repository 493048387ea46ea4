/**
 * Respond: acting on containers. Kill, stop, pause, throttle, quarantine and snapshot through the kernel's own files, so
 * that it works when a runtime hangs; each bounded in time, recorded, and with undo where there is one.
 *
 * @packageDocumentation
 */
export type { Hands, IsolationOutcome, IsolationTerms } from './actions/action.js';
export { ContainerGroups, type Subject } from './container/container-groups.js';
export { type Exposure, exposureOf } from './credentials/exposure.js';
export type { RestartEngine } from './effects/restarts.js';
export { invalidOrder, PASSING, RespondError, type RespondErrorCode, unknownId } from './error.js';
export { Journal } from './record/journal.js';
export { ACTIONS, type ActionName, type Order, orderOf } from './record/order.js';
export { type Asker, isInForce, type ResponseRecord, type ResponseTarget } from './record/record.js';
export { type Respond, Responder, type ResponderOptions } from './responder.js';
