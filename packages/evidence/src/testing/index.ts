/**
 * Recordings made in memory, without a kernel, and a disk that loses its power, for the tests of every room.
 *
 * @packageDocumentation
 */
export { CrashDisk, seeded } from './crash-disk.js';
export { crashTrial, type TrialReport } from './crash-trial.js';
export { RING_BYTES, Session, TEST_HEADER } from './session.js';
