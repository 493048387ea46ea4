import { isTactic, TACTICS } from '@runward/core';
import {
  fits,
  type Incident,
  type IncidentFilter,
  isSeverity,
  isState,
  NO_FILTER,
  SEVERITIES,
  STATES,
  summaryOf,
} from '@runward/incidents';
import type { Who } from '@runward/state';
import { whoIs } from '@runward/state/who';
import { ControlError } from '../control/error.js';
import { type ControlRequest, Lines, type Route } from '../control/router.js';
import type { IncidentService } from './incident-service.js';
import { nameOf } from './person.js';

/** Reading all rules on a slow machine. */
const TIMEOUT_MS = 60_000;
/** Incidents that wait for somebody who reads slowly; each only once, so there are no more than there are incidents. */
type Waiting = Map<string, { readonly incident: Incident; readonly news: string }>;

type Act = (id: string, text: string, who: Who) => unknown;

/** What can be asked about incidents (docs/control-socket.md). */
export function incidentRoutes(service: IncidentService): readonly Route[] {
  const act = (path: string, key: string, what: Act, isNeeded = false): Route => ({
    ...{ method: 'POST', path: `/v1/incidents/:id/${path}`, timeoutMs: TIMEOUT_MS },
    answer: ({ parameters, body, peer }) =>
      what(parameters.get('id') ?? '', textOf(body, key, isNeeded), whoIs(peer.pid, peer.uid)),
  });
  return [
    {
      ...{ method: 'GET', path: '/v1/incidents' },
      answer: ({ query }) => ({ ...service.status, incidents: service.list(filterOf(query)) }),
    },
    {
      ...{ method: 'GET', path: '/v1/incidents/stream' },
      answer: (request) => new Lines(changes(service, request, filterOf(request.query))),
    },
    {
      ...{ method: 'GET', path: '/v1/incidents/:id', timeoutMs: TIMEOUT_MS },
      answer: ({ parameters }) => service.show(parameters.get('id') ?? ''),
    },
    act('note', 'text', (id, text, who) => service.note(id, text, who), true),
    act('assign', 'assignee', (id, text, who) => service.assign(id, text === '' ? nameOf(who) : text, who)),
    act('contain', 'why', (id, text, who) => service.contain(id, text === '' ? 'by hand' : text, who)),
    act('resolve', 'why', (id, text, who) => service.resolve(id, text, who)),
    act('reopen', 'why', (id, text, who) => service.reopen(id, text, who)),
    {
      ...{ method: 'POST', path: '/v1/incidents/:id/seal', timeoutMs: TIMEOUT_MS },
      answer: async ({ parameters, body, peer }) => {
        const digest = textOf(body, 'digest', true);
        if (!/^[0-9a-f]{64}$/.test(digest))
          throw new ControlError('CONTROL_BODY_INVALID', '`digest` is no SHA-256 in hexadecimal digits', {
            help: 'docs/control-socket.md tells what it takes',
          });
        const who = whoIs(peer.pid, peer.uid);
        return { signature: await service.seal(parameters.get('id') ?? '', digest, who) };
      },
    },
    act('false-positive', 'why', (id, text, who) => service.callFalsePositive(id, text, who)),
  ];
}

function textOf(body: unknown, key: string, isNeeded: boolean): string {
  const value =
    typeof body === 'object' && body !== null && !Array.isArray(body)
      ? (body as Readonly<Record<string, unknown>>)[key] // an object: any key may be asked for
      : undefined;
  if (value === undefined && !isNeeded) return '';
  if (typeof value === 'string') return value;
  throw new ControlError('CONTROL_BODY_INVALID', `\`${key}\` is no text`, {
    help: 'docs/control-socket.md tells what it takes',
  });
}

export function filterOf(query: URLSearchParams): IncidentFilter {
  const states = query.getAll('state').flatMap((text) => text.split(','));
  const known = states.filter(isState);
  const wrong = states.find((text) => !isState(text));
  if (wrong !== undefined) throw invalid('state', wrong, STATES);
  const severity = query.get('severity') ?? undefined;
  if (severity !== undefined && !isSeverity(severity)) throw invalid('severity', severity, SEVERITIES);
  const stage = query.get('stage')?.replaceAll('-', '_').toLowerCase();
  if (stage !== undefined && !isTactic(stage))
    throw invalid(
      'stage',
      stage,
      TACTICS.map(({ key }) => key),
    );
  const since = query.get('since');
  const sinceMs = since === null ? undefined : Number(since);
  if (sinceMs !== undefined && !Number.isFinite(sinceMs))
    throw invalid('since', since ?? '', ['milliseconds since 1970']);
  return {
    ...NO_FILTER,
    ...{
      states: known.length === 0 ? undefined : known,
      all: query.get('all') === 'yes',
      severity,
      stage,
      sinceMs,
    },
    ...{ where: query.get('where') ?? undefined, rule: query.get('rule') ?? undefined },
    assignee: query.get('assignee') ?? undefined,
  };
}

const invalid = (key: string, text: string, words: readonly string[]): ControlError =>
  new ControlError('CONTROL_BODY_INVALID', `\`${text}\` is no ${key}`, {
    help: `use one of ${words.join(', ')}`,
  });

async function* changes(
  service: IncidentService,
  { signal }: ControlRequest,
  filter: IncidentFilter,
): AsyncGenerator<unknown> {
  const waiting: Waiting = new Map();
  let wake = (): void => undefined;
  const stop = service.follow((incident, news) => {
    if (!fits(incident, { ...filter, all: true })) return;
    // What matters is not forgotten for what merely counts.
    const before = waiting.get(incident.id)?.news;
    waiting.set(incident.id, { incident, news: news === 'counted' && before !== undefined ? before : news });
    wake();
  });
  signal.addEventListener('abort', () => wake(), { once: true });
  try {
    while (!signal.aborted) {
      const batch = [...waiting.values()];
      waiting.clear();
      for (const { incident, news } of batch) yield { news, incident: summaryOf(incident) };
      if (waiting.size > 0 || signal.aborted) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    stop();
  }
}
