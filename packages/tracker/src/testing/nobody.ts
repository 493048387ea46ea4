import type { ProcessSource } from '../surroundings.js';

/** A machine on which no process can be found. */
export const nobody: ProcessSource = { readProcess: () => undefined };
