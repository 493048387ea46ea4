/**
 * The kernel's side of flows: the programs that count who talks to whom, and what they counted. Apart from the sensor: it
 * is loaded when the sensor runs already.
 *
 * @packageDocumentation
 */
export { type FlowAnswer, FlowProbe, type FlowProbeOptions } from './flow-probe.js';
