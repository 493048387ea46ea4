/** What containers may do, looked at all the time; loaded only where that is wanted. */
export { AttestService } from './attest-service.js';
export { attestRoutes } from './routes.js';
