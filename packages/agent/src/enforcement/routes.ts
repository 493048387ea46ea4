import type { ControlRequest, Route } from '../control/router.js';
import type { AppliedPolicies } from './applied-policies.js';

/** Policies of a machine, all in one request. */
const MAX_TEXT_BYTES = 64 * 1024 * 1024;
/** Large policies take seconds to compile and, on a slow machine, minutes to load; what is asked meanwhile waits for it. */
const CHANGE_TIMEOUT_MS = 590_000;

export interface LoadedPolicies {
  readonly applied: AppliedPolicies;
  readonly answers: typeof import('./answers.js').answers;
}

/** What is asked of policies and told about them (docs/control-socket.md). What answers is loaded when it is asked. */
export function policyRoutes(load: () => Promise<LoadedPolicies>): readonly Route[] {
  const route = (
    method: Route['method'],
    path: string,
    name: keyof LoadedPolicies['answers'],
    more: Pick<Route, 'maxBodyBytes' | 'timeoutMs'> = {},
  ): Route => ({
    ...{ method, path, ...more },
    answer: async (request: ControlRequest) => {
      const loaded = await load();
      return loaded.answers[name](loaded, request);
    },
  });
  const change = { timeoutMs: CHANGE_TIMEOUT_MS };
  return [
    route('GET', '/v1/policies', 'list', change),
    route('POST', '/v1/policies/apply', 'apply', { ...change, maxBodyBytes: MAX_TEXT_BYTES }),
    route('POST', '/v1/policies/mode', 'mode', change),
    route('POST', '/v1/policies/promote', 'promote', { ...change, maxBodyBytes: MAX_EVIDENCE_BYTES }),
    route('POST', '/v1/policies/delete', 'delete', change),
    route('GET', '/v1/enforcement', 'status', change),
    route('GET', '/v1/enforcement/containers', 'containers', change),
    route('GET', '/v1/enforcement/lines', 'lines'),
    route('POST', '/v1/enforcement/detach', 'detach', change),
  ];
}

/** What a backtest found, line by line. */
const MAX_EVIDENCE_BYTES = 4 * 1024 * 1024;
