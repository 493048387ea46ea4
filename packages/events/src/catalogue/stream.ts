import type { FieldSpec } from '../field.js';
import type { EventView } from '../view.js';
import { READS, WRITES } from './event-sets.js';
import { succeeded } from './outcome.js';
import { key, rowsFrom } from './spec.js';
import { fraction, seconds } from './time.js';

const stream = rowsFrom('the times of the events in the stream of this agent');
const kernel = rowsFrom('the event record');

const since = (start: bigint | undefined, end: bigint): bigint | undefined =>
  start === undefined ? undefined : end > start ? end - start : 0n;

type Span = (view: EventView) => bigint | undefined;
const relative: Span = (v) => since(v.streamStartNs, v.timeNs);
const delta: Span = (v) => since(v.previousTimeNs, v.timeNs);

const part =
  (span: Span, of: (ns: bigint) => number) =>
  (view: EventView): number | undefined => {
    const ns = span(view);
    return ns === undefined ? undefined : of(ns);
  };

const MS = 1_000_000n;

/** How far the event is from a time, in milliseconds, rounded up so that `<=` keeps its meaning. */
function distance({ timeNs }: EventView, time: string | number | undefined): number | undefined {
  if (time === undefined || !/^\d{1,19}$/.test(String(time))) return undefined;
  const ns = timeNs - BigInt(time);
  return Number(((ns < 0n ? -ns : ns) + MS - 1n) / MS);
}

export const streamFields: readonly FieldSpec[] = [
  stream('evt.reltime', 'duration', 'nanoseconds since the agent began to watch', relative),
  stream('evt.reltime.s', 'uint', 'whole seconds of `evt.reltime`', part(relative, seconds)),
  stream(
    'evt.reltime.ns',
    'uint',
    'nanoseconds past the whole second of `evt.reltime`',
    part(relative, fraction),
  ),
  stream('evt.deltatime', 'duration', 'nanoseconds since the event before this one', delta),
  stream('evt.deltatime.s', 'uint', 'whole seconds of `evt.deltatime`', part(delta, seconds)),
  stream(
    'evt.deltatime.ns',
    'uint',
    'nanoseconds past the whole second of `evt.deltatime`',
    part(delta, fraction),
  ),
  kernel(
    'evt.around',
    'uint',
    '`evt.around[T] = D` holds for events at most D milliseconds before or after T; as a value, how many they are',
    distance,
    { argument: key(true, 'nanoseconds since the Unix epoch, as `evt.rawtime` gives them') },
  ),
];

const bytesMoved = (view: EventView): number | undefined =>
  (READS.has(view) || WRITES.has(view)) && succeeded(view) ? view.result : undefined;

const moved =
  (holds: (view: EventView) => boolean) =>
  (view: EventView): number | undefined =>
    holds(view) ? bytesMoved(view) : undefined;

const onFile = (v: EventView): boolean => v.objectKind === 'file' || v.objectKind === 'directory';
const onNet = (v: EventView): boolean => v.objectKind === 'ipv4' || v.objectKind === 'ipv6';

export const bufferLengthFields: readonly FieldSpec[] = [
  kernel('evt.buflen', 'uint', 'bytes read, written, sent or received', bytesMoved),
  kernel('evt.buflen.in', 'uint', 'bytes read or received', moved(READS.has)),
  kernel('evt.buflen.out', 'uint', 'bytes written or sent', moved(WRITES.has)),
  ...(
    [
      ['file', 'a file', onFile],
      ['net', 'an IP socket', onNet],
    ] as const
  ).flatMap(([name, what, holds]) => [
    kernel(`evt.buflen.${name}`, 'uint', `bytes moved from or to ${what}`, moved(holds)),
    kernel(
      `evt.buflen.${name}.in`,
      'uint',
      `bytes moved from ${what}`,
      moved((v) => READS.has(v) && holds(v)),
    ),
    kernel(
      `evt.buflen.${name}.out`,
      'uint',
      `bytes moved to ${what}`,
      moved((v) => WRITES.has(v) && holds(v)),
    ),
  ]),
];
