/** Cutting containers off: what an operator asks of a running agent. */
export { IsolationHost, isolationFolderOf } from './isolation-host.js';
export type { IsolationAnswer, IsolationStatus, ReleaseAnswer } from './isolation-service.js';
