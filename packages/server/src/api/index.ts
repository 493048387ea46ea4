export { type ApiOptions, makeApi } from './app.js';
export type { Caller, Operation } from './operation.js';
export { changeOperations } from './operations/changes.js';
export { peopleOperations } from './operations/people.js';
export { sessionOperations } from './operations/session.js';
export { tokenOperations } from './operations/tokens.js';
