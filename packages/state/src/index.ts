/**
 * State: the policies of a machine as they are kept on its disk, their history, who decided what, and what was learnt. A change is
 * seen whole or not at all, whatever happens to the process that makes it.
 *
 * @packageDocumentation
 */
export {
  type Admission,
  type ChangeReport,
  type ModeChange,
  PolicyAdministration,
} from './administer/administration.js';
export { type PolicyDocument, splitDocuments } from './administer/documents.js';
export { PolicyChangeError, type PolicyChangeErrorCode, policiesRejected } from './administer/error.js';
export {
  type Circumstances,
  known,
  type PlannedChange,
  planApply,
  planDelete,
  planDetach,
  planMode,
} from './administer/plan.js';
export type { Decision, DecisionAction, PolicyChange, PolicyState, Who } from './decisions/decision.js';
export type { DecisionLog } from './decisions/decision-log.js';
export { whoIs } from './decisions/who.js';
export { StateError, type StateErrorCode } from './error.js';
export { type LearningEntry, ProfileStore } from './profiles/profile-store.js';
export { DEFAULT_STATE, digestOf, PolicyStore, type StoreChange } from './store/policy-store.js';
export { EMPTY_REGISTER, INDEX_FILE, type PolicyRegister } from './store/register.js';
export { type Modes, modesOf, type StoredPolicy, stateOf, withModes } from './store/stored-policy.js';
