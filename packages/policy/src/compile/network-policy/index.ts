export { exportNetworkPolicy } from './network-policy.js';
