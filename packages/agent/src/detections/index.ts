/** Detections for tools that follow them over the control socket. */
export { DetectionHub, type DetectionListener } from './detection-hub.js';
export { detectionRoutes } from './routes.js';
