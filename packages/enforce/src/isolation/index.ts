/**
 * Isolation: cuts containers off the network and off each other, in the kernel, until they are released or their time is
 * over. Apart from the enforcement of policies: its programs are there only while something is isolated.
 *
 * @packageDocumentation
 */
export { type AllowedNetwork, allowedNetwork } from './allowed.js';
export { type Cut, type Isolated, type IsolateRequest, Isolation } from './isolation.js';
export { isolationLimits } from './limits.js';
