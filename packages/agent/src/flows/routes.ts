import { buildMap, type Flow, type FlowFilter, parseFilter } from '@runward/flows';
import { ControlError } from '../control/error.js';
import { type ControlRequest, Lines, type Route } from '../control/router.js';
import type { FlowService } from './flow-service.js';

/** Flows that wait for somebody who reads slowly; beyond it they are left out, and counted. */
const MOST_WAITING = 10_000;

/** In one answer, the last active first. */
const MOST_TOLD = 20_000;

/** What can be asked about flows. */
export function flowRoutes(service: FlowService): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/flows',
      answer: async ({ query }) => {
        const filter = filterOf(query);
        const flows = (await service.flows(filter)).filter(wanted(query));
        flows.sort((a, b) => b.lastActiveMs - a.lastActiveMs);
        const told = flows.slice(0, MOST_TOLD);
        return { flows: told, omitted: flows.length - told.length, rest: service.rest() };
      },
    },
    {
      method: 'GET',
      path: '/v1/flows/stream',
      answer: (request) => new Lines(changes(service, request, filterOf(request.query))),
    },
    {
      method: 'GET',
      path: '/v1/map',
      answer: async ({ query }) => {
        const flows = (await service.flows(filterOf(query))).filter(wanted(query));
        const unix = query.get('filter') === null || query.get('filter') === '' ? service.unixLinks() : [];
        return {
          ...buildMap(
            flows,
            unix.filter(({ client, server }) => client.container ?? server.container),
          ),
          rest: service.rest(),
        };
      },
    },
  ];
}

function filterOf(query: URLSearchParams): FlowFilter {
  const parsed = parseFilter(query.get('filter') ?? '');
  if (parsed.kind === 'filter') return parsed.filter;
  throw new ControlError('CONTROL_BODY_INVALID', parsed.message, { help: parsed.help });
}

/** Flows without a container at either end only where the host's are asked for. */
const wanted =
  (query: URLSearchParams) =>
  ({ self, peer }: Flow): boolean =>
    query.get('host') === 'yes' || self.kind === 'container' || peer.kind === 'container';

async function* changes(
  service: FlowService,
  { query, signal }: ControlRequest,
  filter: FlowFilter,
): AsyncGenerator<unknown> {
  const isWanted = wanted(query);
  let waiting: Flow[] = [];
  let missed = 0;
  let wake = (): void => undefined;
  const stop = service.follow(filter, (flows) => {
    const fresh = flows.filter(isWanted);
    const room = Math.max(0, MOST_WAITING - waiting.length);
    missed += Math.max(0, fresh.length - room);
    waiting.push(...fresh.slice(0, room));
    wake();
  });
  signal.addEventListener('abort', () => wake(), { once: true });
  try {
    while (!signal.aborted) {
      const batch = waiting;
      waiting = [];
      yield* batch;
      if (missed > 0) {
        const count = missed;
        missed = 0;
        yield { missed: count };
      }
      if (waiting.length > 0 || signal.aborted) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    stop();
  }
}
