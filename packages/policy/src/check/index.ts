export { checkPolicies } from './check-policies.js';
