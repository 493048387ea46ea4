/** Playbooks: what is done when something is detected, as data. Nothing here acts, or looks at this machine. */
export { type CaseReport, readPlaybookCases, runPlaybookCases } from './cases.js';
export { PlaybookEngine, type Surroundings, type Verdict } from './engine.js';
export { type Finding, type FoundContainer, replicasOf, workloadOf } from './finding.js';
export {
  DAYS,
  type FindingPriority,
  isQuick,
  type PlannedOrder,
  type Playbook,
  PRIORITIES,
} from './model.js';
export { type PlaybookReading, readPlaybooks } from './read.js';
export { playbookJsonSchemaText } from './schema.js';
