import type { YamlMap } from '@runward/yaml';
import { MapReader } from '../collect/map-reader.js';
import { readSpan } from '../collect/time-span.js';
import type { RuleTest, TestEvent, WrittenFact } from './rule-test-file.js';

/** Keys of an event that are no fields: a field has a dot in its name. */
export const REPEAT_KEYS: ReadonlySet<string> = new Set(['at', 'times', 'every']);

const STEP_NS = 1e6;
const MAX_TIMES = 20_000;

/**
 * Events with the time of each. `at: 10s` says when, since the test began; without it an event comes one
 * millisecond after the one before. `times: 25` repeats it, `every: 1s` apart, with `{n}` in values replaced by
 * 1, 2, 3, …
 */
export function repeatEvents(
  maps: readonly YamlMap[],
  { reporter, item }: MapReader,
  read: (map: YamlMap) => TestEvent,
): Pick<RuleTest, 'events' | 'timesNs'> {
  const events: TestEvent[] = [];
  const timesNs: number[] = [];
  let now = -STEP_NS;
  for (const map of maps) {
    const reader = new MapReader(map, reporter, item);
    const span = (key: string): number | undefined => (reader.has(key) ? readSpan(reader, key) : undefined);
    const [at, every] = [span('at'), span('every') ?? STEP_NS];
    const times = readTimes(reader);
    const facts = read(map);
    for (let n = 1; n <= times; n++) {
      now = n === 1 ? (at ?? now + STEP_NS) : now + every;
      events.push(times === 1 ? facts : numbered(facts, n));
      timesNs.push(now);
    }
  }
  return { events, timesNs };
}

function readTimes(reader: MapReader): number {
  const node = reader.scalar('times');
  if (node === undefined) return 1;
  const times = /^\d{1,6}$/.test(node.text) ? Number(node.text) : 0;
  if (times >= 1 && times <= MAX_TIMES) return times;
  const help = `a whole number from 1 to ${MAX_TIMES}`;
  reader.report('RULE_TEST_SHAPE', `an event cannot happen \`${node.text}\` times`, help, node.span);
  return 1;
}

function numbered(facts: TestEvent, n: number): TestEvent {
  const fill = (text: string): string => text.replaceAll('{n}', String(n));
  const value = (written: WrittenFact['value']): WrittenFact['value'] =>
    typeof written === 'string' ? fill(written) : written?.map(fill);
  return new Map([...facts].map(([field, fact]) => [field, { ...fact, value: value(fact.value) }]));
}
