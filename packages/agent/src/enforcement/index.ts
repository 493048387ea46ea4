/** Policies in force while an agent runs. What they need is loaded when there are any, or when they are asked for. */
export type { Coverage } from './coverage.js';
export type { HeldOutcome, HeldPolicies } from './held-policies.js';
export { pinFolderOf } from './pin-folder.js';
export { PolicyHost, type PolicyHostOptions } from './policy-host.js';
export { rememberCreation } from './remember-creation.js';
export type { ContainerStanding, EnforcementReport, LineReport } from './reports.js';
export type { SectionStanding } from './standing.js';
