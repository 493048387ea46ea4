export { asActions } from './as-actions.js';
export { observe, unobservable } from './observe.js';
export type {
  ObservedAction,
  ObservedFileUse,
  ObservedNetworkUse,
  ObservedStart,
} from './observed-action.js';
export { isRuntimeStep } from './runtime-step.js';
export { ancestorsOf } from './start-actions.js';
