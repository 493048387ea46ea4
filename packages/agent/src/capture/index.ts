/** Captures: what is seen of a container from outside, kept before anything is done to it. Little is loaded before the first. */
export type { CaptureReport } from './capture.js';
export { type CaptureOrder, CaptureService, type CaptureServiceOptions } from './capture-service.js';
export { captureRoutes } from './routes.js';
