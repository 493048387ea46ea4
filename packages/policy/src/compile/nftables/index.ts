export { exportNftables } from './nftables.js';
