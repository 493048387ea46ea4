/** What may be asked of an image, and which identities say nothing; loaded without the rest of the policy room. */

export * from '../model/trust.js';
export { textMatcher } from '../pattern/path-pattern.js';
export { identityProblem, issuerProblem, subjectProblem } from './identities.js';
