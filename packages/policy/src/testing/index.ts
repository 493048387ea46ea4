/** What tests of other rooms build policies with. */

export * from './network-policy-cases.js';
export { testPolicies, testPolicy, testWorkload } from './policies.js';
export { actionsOf, actualPath, fileAction } from './profile-actions.js';
