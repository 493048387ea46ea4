/** What nodes are to hold and what they do hold: bundles down, standings up; and of which environment clusters are. */
export { Bundles } from './bundles.js';
export { Clusters } from './clusters.js';
export { type NodeStanding, Standings } from './standings.js';
