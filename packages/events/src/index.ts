/**
 * Events: the kernel↔TypeScript contract. The table of system calls, what an event view offers, who acted
 * (process and container facts), and the field catalogue of the rule language.
 *
 * @packageDocumentation
 */
export * from './event-types.js';
export * from './field.js';
export * from './model.js';
export * from './syscalls.js';
export * from './view.js';
