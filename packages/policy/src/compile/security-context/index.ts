export { exportSecurityContext } from './security-context.js';
