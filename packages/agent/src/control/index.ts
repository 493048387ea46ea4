/** The agent's control socket. Loaded once the sensor is on its way: it must not delay it. */
export { ControlError, type Problem, SocketError, type SocketErrorCode } from './error.js';
export { type ControlRequest, Lines, type Peer, type Route } from './router.js';
export { type ChangeRequest, ControlServer } from './server.js';
export { type StatusParts, statusRoute } from './status.js';
