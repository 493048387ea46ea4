/** Responses: what an operator, or a playbook, has done to containers through a running agent. */
export type { PlaybookDecision, PlaybookStatus } from './playbook-desk.js';
export {
  type RespondAnswer,
  RespondHost,
  type RespondHostOptions,
  type RespondStatus,
} from './respond-host.js';
