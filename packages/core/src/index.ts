/**
 * Core: what every room shares and nothing else. Coded errors, source spans and diagnostics,
 * a bounds-checked byte cursor, clocks.
 *
 * @packageDocumentation
 */

export {
  type AddressWords,
  inNetwork,
  type Network,
  parseAddress,
  parseIpv4,
  parseNetwork,
} from './addresses.js';
export {
  isTactic,
  type Stages,
  stagesOf,
  TACTICS,
  type Tactic,
  type TacticInfo,
  tacticInfo,
} from './attack.js';
export { bootToEpochOffsetNs } from './clock.js';
export {
  type Diagnostic,
  formatDiagnostic,
  hasErrors,
  type Severity,
  type SourceSpan,
} from './diagnostic.js';
export { RunwardError } from './error.js';
export { plainSpan } from './plain-span.js';
export { toJson, visible } from './safe-text.js';
export { closest, didYouMean } from './suggest.js';
