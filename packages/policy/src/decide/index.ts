export * from './action.js';
export { type Decision, decide, type Judgement, linesAbout } from './decide.js';
export type {
  ActiveMode,
  EffectiveLine,
  EffectivePolicy,
  EffectiveSection,
  LineTerms,
  Setting,
} from './effective.js';
export { lineMatches } from './line-match.js';
export { mergePolicies } from './merge.js';
export { familiesOf } from './network.js';
export { nameFits, namesOf, namesOfPeer, networksOf, peerKey } from './peers.js';
export { asksForPeers, type PeerBook, resolvePeers } from './resolve-peers.js';
export { selectPolicies, selects } from './select.js';
