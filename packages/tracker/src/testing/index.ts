/**
 * Stand-ins for the machine, for the tests of every room.
 *
 * @packageDocumentation
 */
export { FakeSurroundings } from './fake-surroundings.js';
export { nobody } from './nobody.js';
