import { z } from 'zod';
import type { Live, LiveNews } from '../../live/index.js';
import type { EventStream } from '../event-stream.js';
import { type Operation, streamOperation } from '../operation.js';
import { filterOf, filterShape } from '../record-filter.js';
import { record, shown } from './records.js';

const { from: _from, to: _to, ...places } = filterShape;

const labels = record.omit({ body: true }).meta({ id: 'RecordLabels' });
const events = {
  ready: z.object({ position: z.number() }).describe('what comes from now on is told'),
  record: z.union([record, labels]).describe('something was told by a node'),
  missed: z.object({ count: z.number() }).describe('more came than is told one by one: ask for the lists'),
  nodes: z.object({ nodes: z.array(z.string()) }).describe('how these nodes are has changed, by their ids'),
  end: z.object({ why: z.string() }).describe('whoever asked may no longer, or the server ends'),
};

/** What happens, when it happens. */
export function liveOperations(live: Live): readonly Operation[] {
  return [
    streamOperation(
      {
        ...{ id: 'watch', path: '/live', tag: 'records', access: 'read', events },
        summary: 'What nodes tell and how they are, when it comes; goes on behind `Last-Event-ID`',
        query: z.object({
          ...places,
          whole: z
            .enum(['true', 'false'])
            .default('false')
            .describe('records with their body, not only what they are asked by'),
        }),
      },
      ({ whole, ...asked }, stream) => {
        const after = placeOf(stream.lastEventId);
        if (after === undefined) stream.send('ready', { position: live.position }, live.position);
        const stop = live.watch({
          after,
          filter: () => filterOf({ ...asked, from: undefined, to: undefined }, stream.caller.grants),
          sees: ({ cluster }) =>
            stream.caller.grants.some((grant) => grant.cluster === '*' || grant.cluster === cluster),
          tell: (news) => tell(stream, news, whole === 'true'),
        });
        stream.onEnd(stop);
      },
    ),
  ];
}

/** What a browser had last; of what is no such place nothing is known. */
const placeOf = (id: string | undefined): number | undefined =>
  id === undefined ? undefined : /^\d{1,15}$/.test(id) ? Number(id) : Number.MAX_SAFE_INTEGER;

function tell(stream: EventStream, news: LiveNews, isWhole: boolean): void {
  if (news.event === 'nodes') stream.send('nodes', { nodes: news.nodes });
  else if (news.event === 'missed') stream.send('missed', { count: news.count }, news.position);
  else {
    const { body, ...rest } = shown(news.record);
    stream.send('record', isWhole ? { ...rest, body } : rest, news.position);
  }
}
