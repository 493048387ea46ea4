/**
 * Health: what a monitoring system asks of an agent.
 *
 * @packageDocumentation
 */
export { Canary, type CanaryResult } from './canary.js';
export type { Metric } from './exposition.js';
export { type HealthPlace, HealthServer } from './health-server.js';
export { sensorMetrics } from './sensor-metrics.js';
