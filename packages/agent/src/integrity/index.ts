/** Files that matter, watched all the time; loaded only where that is wanted. */
export { IntegrityService } from './integrity-service.js';
export { touchRules } from './touch.js';
