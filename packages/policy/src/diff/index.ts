export { diffPolicies } from './diff.js';
export {
  type DecisionChange,
  type PolicyDifference,
  RISKS,
  type Risk,
  type SettingChange,
} from './difference.js';
