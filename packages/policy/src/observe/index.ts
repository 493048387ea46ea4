export { observe, unobservable } from './observe.js';
export type {
  ObservedAction,
  ObservedFileUse,
  ObservedNetworkUse,
  ObservedStart,
} from './observed-action.js';
export { ancestorsOf } from './start-actions.js';
