/** Who talks to whom, as the agent tells it. Loaded when the sensor is attached already. */

export { FlowRules } from './flow-rules.js';
export { FlowService, type FlowServiceOptions } from './flow-service.js';
export { flowRoutes } from './routes.js';
export { watchFlows } from './watch-flows.js';
