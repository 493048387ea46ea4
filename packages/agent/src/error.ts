import { RunwardError } from '@runward/core';

export type AgentErrorCode =
  | 'AGENT_RULES_REJECTED'
  | 'AGENT_START_FAILED'
  | 'AGENT_STOPPED'
  | 'AGENT_METRICS_UNAVAILABLE';

export class AgentError extends RunwardError<AgentErrorCode> {
  override readonly name = 'AgentError';
}
