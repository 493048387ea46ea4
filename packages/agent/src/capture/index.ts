/** Captures: what is seen of a container from outside, kept before anything is done to it. What takes them is loaded for the first. */
export type { CaptureReport } from './capture.js';
export { captureRoutes } from './routes.js';
