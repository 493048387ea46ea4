export { importNetworkPolicies, type PolicyImport } from './import-network-policies.js';
