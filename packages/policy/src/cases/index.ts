export type { CoveredLine, LinesCovered } from './line-coverage.js';
export type { CaseActions, PolicyCase } from './policy-case.js';
export { type CaseReading, readPolicyCases } from './read-cases.js';
export {
  type CaseMiss,
  type PolicyTestResult,
  type PolicyTestRun,
  type PolicyTestSuite,
  runPolicyCases,
} from './run-cases.js';
