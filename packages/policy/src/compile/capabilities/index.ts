export { type CapabilityChange, capabilityChange, exportCapabilities } from './capabilities.js';
