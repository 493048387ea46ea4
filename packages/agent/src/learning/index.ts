/** Learning workloads: what the agent is asked, and what it keeps. */
export { LearningError, type LearningErrorCode } from './error.js';
export { LearningService, type LearningServiceOptions } from './learning-service.js';
export type { LearnOrder, LearnOrders, LearnReport } from './order.js';
export { learningRoutes } from './routes.js';
export { type LearningSource, type LearningStatus, statusOf } from './status.js';
