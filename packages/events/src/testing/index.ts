/**
 * Events, processes and containers as plain data, for the tests of every room.
 *
 * @packageDocumentation
 */
export { fieldValue } from './field.js';
export * from './model.js';
export { type TestEvent, testView } from './view.js';
