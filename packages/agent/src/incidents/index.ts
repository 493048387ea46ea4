/** Incidents of a running agent: what belongs together, kept on the disk, asked for over the control socket. */
export type { ProposedException } from './advice.js';
export {
  type FalsePositiveReport,
  type IncidentReport,
  IncidentService,
  type IncidentServiceOptions,
} from './incident-service.js';
export { incidentRoutes } from './routes.js';
