/**
 * Recordings made in memory, without a kernel, for the tests of every room.
 *
 * @packageDocumentation
 */
export { RING_BYTES, Session, TEST_HEADER } from './session.js';
