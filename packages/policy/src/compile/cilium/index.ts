export { exportCiliumPolicy } from './cilium.js';
