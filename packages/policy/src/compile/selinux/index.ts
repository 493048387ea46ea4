export { exportFileContexts, exportSeLinux } from './module.js';
