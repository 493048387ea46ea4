import { type AllowedNetwork, allowedNetwork } from '@runward/enforce/isolation';
import { whoIs } from '@runward/state';
import { ControlError } from '../control/error.js';
import type { ControlRequest, Route } from '../control/router.js';
import type { IsolateOrder, IsolationService } from './isolation-service.js';

const MOST_NETWORKS = 1024;
/** A hundred years: what is longer is not meant. */
const MOST_MS = 100 * 365 * 24 * 3_600_000;
/** Loading the programs on a slow machine, and asking runtimes. */
const TIMEOUT_MS = 60_000;

/** What is asked of isolation (docs/control-socket.md). */
export function isolationRoutes(load: () => Promise<IsolationService>): readonly Route[] {
  const route = (
    method: Route['method'],
    path: string,
    answer: (service: IsolationService, request: ControlRequest) => unknown,
  ): Route => ({
    ...{ method, path, timeoutMs: TIMEOUT_MS },
    answer: async (request) => answer(await load(), request),
  });
  return [
    route('GET', '/v1/isolation', (service) => service.status()),
    route('POST', '/v1/isolation', (service, { body, peer }) =>
      service.isolate(orderOf(body), whoIs(peer.pid, peer.uid)),
    ),
    route('POST', '/v1/isolation/release', (service, { body, peer }) => {
      const who = whoIs(peer.pid, peer.uid);
      const { container, all } = fields(body);
      return all === true ? service.releaseAll(who) : service.release(nameOf(container), who);
    }),
  ];
}

function orderOf(body: unknown): IsolateOrder {
  const { container, allow = [], forMs } = fields(body);
  if (!Array.isArray(allow) || allow.length > MOST_NETWORKS)
    throw invalid(`\`allow\` is no list of at most ${MOST_NETWORKS} networks`);
  if (forMs !== undefined && !(typeof forMs === 'number' && forMs > 0 && forMs <= MOST_MS))
    throw invalid('`forMs` is no number of milliseconds');
  return { container: nameOf(container), allow: allow.map(networkOf), forMs };
}

function networkOf(text: unknown): AllowedNetwork {
  const network = typeof text === 'string' ? allowedNetwork(text) : undefined;
  if (network !== undefined) return network;
  throw invalid(
    `\`${String(text)}\` is no network`,
    'write an address or a network: `192.0.2.7`, `10.0.0.0/8`, `fd00::/64`',
  );
}

function nameOf(container: unknown): string {
  if (typeof container === 'string' && container !== '') return container;
  throw invalid('`container` is missing');
}

function fields(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body))
    return body as Readonly<Record<string, unknown>>; // an object: any key may be asked for
  throw invalid('the body is no object');
}

const invalid = (message: string, help = 'docs/control-socket.md tells what it takes'): ControlError =>
  new ControlError('CONTROL_BODY_INVALID', message, { help });
