/** What to do about an incident: policies and exceptions made of its facts. */
export { networkException } from './network-exception.js';
export {
  type ChangedLine,
  type PolicyException,
  type PolicyText,
  policyException,
} from './policy-exception.js';
export { preventionOf } from './prevention.js';
export { type RuleException, ruleException } from './rule-exception.js';
