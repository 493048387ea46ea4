/** Who talked to whom over all nodes, and what a policy would have made of it. */
export { type ClusterEdge, clusterMap, EDGE_VERDICTS } from './cluster-map.js';
export { policiesInForce } from './policies-in-force.js';
export { propose } from './propose.js';
export { recordedFlows } from './recorded-flow.js';
export { OUTCOMES, simulate } from './simulate.js';
