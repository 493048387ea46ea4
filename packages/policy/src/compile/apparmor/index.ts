export { exportAppArmor } from './profile.js';
