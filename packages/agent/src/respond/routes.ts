import { type Asker, orderOf } from '@runward/respond/orders';
import { whoIs } from '@runward/state';
import { ControlError } from '../control/error.js';
import type { ControlRequest, Route } from '../control/router.js';
import type { RespondHost } from './respond-host.js';

/** The longest there is: a snapshot. */
const TIMEOUT_MS = 640_000;
const LONGEST_WHY = 1000;

/** What is asked of responses (docs/control-socket.md). */
export function respondRoutes(host: RespondHost): readonly Route[] {
  const route = (
    method: Route['method'],
    path: string,
    answer: (request: ControlRequest) => unknown,
  ): Route => ({ method, path, timeoutMs: TIMEOUT_MS, answer });
  return [
    route('GET', '/v1/respond', () => host.status()),
    route('POST', '/v1/respond', ({ body, peer }) => {
      const { container, order, why = '' } = fields(body);
      if (typeof container !== 'string' || container === '') throw invalid('`container` is missing');
      if (typeof why !== 'string' || why.length > LONGEST_WHY)
        throw invalid(`\`why\` is no text of at most ${LONGEST_WHY} characters`);
      return host.respond(container, orderOf(order), personOf(peer), why);
    }),
    route('POST', '/v1/respond/undo', ({ body, peer }) => host.undo(idOf(body), personOf(peer))),
    route('POST', '/v1/respond/approve', ({ body, peer }) => host.approve(idOf(body), personOf(peer))),
    route('POST', '/v1/respond/refuse', ({ body, peer }) => host.refuse(idOf(body), personOf(peer))),
    route('POST', '/v1/respond/resume', ({ body }) => {
      const { rule, all } = fields(body);
      if (all === true && rule === undefined) return host.resume(undefined);
      if (typeof rule === 'string' && rule !== '' && all === undefined) return host.resume(rule);
      throw invalid('neither `rule` nor `all` is given, or both');
    }),
  ];
}

export const personOf = (peer: ControlRequest['peer']): Asker => ({
  kind: 'person',
  who: whoIs(peer.pid, peer.uid),
});

export function idOf(body: unknown): string {
  const { id } = fields(body);
  if (typeof id === 'string' && id !== '') return id;
  throw invalid('`id` is missing');
}

function fields(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body))
    return body as Readonly<Record<string, unknown>>; // an object: any key may be asked for
  throw invalid('the body is no object');
}

const invalid = (message: string): ControlError =>
  new ControlError('CONTROL_BODY_INVALID', message, { help: 'docs/control-socket.md tells what it takes' });
