/** What an agent puts on record of its control socket, and what can be asked of the log there. */
export { commandRecords } from './command-records.js';
export { holdFile } from './hold-file.js';
export { evidenceRoutes } from './routes.js';
