export { type ApiOptions, makeApi } from './app.js';
export type { Caller, Operation } from './operation.js';
export { changeOperations } from './operations/changes.js';
export { fleetOperations } from './operations/fleet.js';
export { peopleOperations } from './operations/people.js';
export { providerOperations } from './operations/provider.js';
export { recordOperations } from './operations/records.js';
export { sessionOperations } from './operations/session.js';
export { tokenOperations } from './operations/tokens.js';
