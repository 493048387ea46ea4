import type { YamlMap, YamlScalar } from '@runward/yaml';
import { SourceText } from '@runward/yaml';
import { noPrevious } from './append.js';
import type { CorrelationItem } from './correlation-items.js';
import { MAX_COUNT } from './correlation-limits.js';
import { appendExceptions, checkExceptions, readExceptions } from './exceptions.js';
import type { ExceptionItem } from './items.js';
import { MapReader } from './map-reader.js';
import { type Override, readOverride } from './override.js';
import { readPriority, readTags } from './rule-reader.js';
import { readSteps, readTrigger } from './step-reader.js';
import { readSpan } from './time-span.js';

type Kind = CorrelationItem['kind'];

const COMMON = ['desc', 'priority', 'tags', 'enabled', 'output', 'by', 'within', 'exceptions'] as const;
const OWN = {
  sequence: ['steps'],
  threshold: ['condition', 'rule', 'distinct', 'at_least', 'more_than'],
} as const;
const APPENDABLE = new Set(['desc', 'tags', 'exceptions']);

/** Reads one `sequence` or `threshold` item and defines it, or overrides an earlier one of its name. */
export function readCorrelation(
  kind: Kind,
  reader: MapReader,
  correlations: Map<string, CorrelationItem>,
): void {
  const replaceable = new Set<string>([...COMMON, ...OWN[kind]]);
  reader.unknownKeys(new Set([...replaceable, kind, 'override']));
  const name = reader.text(kind);
  const override = readOverride(reader, APPENDABLE, replaceable);
  if (name === undefined || override === undefined) return;
  if (override.size === 0) define(kind, name, reader, correlations);
  else change(kind, name, reader, override, correlations);
}

function define(
  kind: Kind,
  name: string,
  reader: MapReader,
  correlations: Map<string, CorrelationItem>,
): void {
  const exceptions = readExceptions(reader, false);
  if (exceptions === undefined || !checkExceptions(reader, exceptions)) return;
  const item = readItem(kind, name, reader, exceptions);
  if (item !== undefined) correlations.set(name, item);
}

function readItem(
  kind: Kind,
  name: string,
  reader: MapReader,
  exceptions: readonly ExceptionItem[],
): CorrelationItem | undefined {
  const by = readBy(reader);
  const withinNs = readSpan(reader, 'within');
  const base = {
    ...{ name, span: reader.span, exceptions, map: reader.map },
    // A key that is missing or wrong fails the load; the rest of the item is checked all the same.
    output: reader.required('output')?.source() ?? SourceText.plain('', ''),
    description: reader.required('desc')?.text ?? '',
    priority: readPriority(reader) ?? 'Debug',
    tags: readTags(reader) ?? [],
    enabled: reader.boolean('enabled') ?? true,
    by: by ?? [],
    withinNs: withinNs ?? 1e9,
  };
  if (kind === 'sequence') {
    const steps = readSteps(reader);
    return steps && { kind, ...base, steps };
  }
  const trigger = readTrigger(reader);
  const atLeast = readCount(reader);
  return trigger && { kind, ...base, trigger, distinct: reader.scalar('distinct'), atLeast: atLeast ?? 1 };
}

/** The earlier item with the given keys added to or put in place of its own, read again as a whole. */
function change(
  kind: Kind,
  name: string,
  reader: MapReader,
  override: ReadonlyMap<string, Override>,
  correlations: Map<string, CorrelationItem>,
): void {
  const previous = correlations.get(name);
  if (previous === undefined || previous.kind !== kind) {
    noPrevious(reader, kind, name);
    return;
  }
  const absent = [...override.keys()].find((key) => !reader.has(key));
  if (absent !== undefined) {
    const message = `\`override\` names \`${absent}\`, but the item has no such key`;
    reader.report('RULE_OVERRIDE', message, `add \`${absent}:\``, reader.keySpan('override'));
    return;
  }
  const unsaid = [...reader.map.entries.keys()].find(
    (key) => key !== kind && key !== 'override' && !override.has(key),
  );
  if (unsaid !== undefined) {
    const message = `\`override\` does not say what to do with \`${unsaid}\``;
    reader.report(
      'RULE_OVERRIDE',
      message,
      `add \`${unsaid}: replace\` under \`override\``,
      reader.keySpan(unsaid),
    );
    return;
  }
  const map = merge(previous.map, reader.map, override);
  const exceptions = exceptionsAfter(previous.exceptions, reader, override.get('exceptions'));
  if (exceptions === undefined) return;
  const item = readItem(kind, name, new MapReader(map, reader.reporter, reader.item), exceptions);
  if (item === undefined) return;
  const tags = override.get('tags') === 'append' ? [...new Set([...previous.tags, ...item.tags])] : item.tags;
  const description =
    override.get('desc') === 'append' ? `${previous.description} ${item.description}` : item.description;
  correlations.set(name, { ...item, tags, description });
}

function merge(base: YamlMap, change: YamlMap, override: ReadonlyMap<string, Override>): YamlMap {
  const entries = new Map(base.entries);
  // One of a pair that exclude each other replaces the other.
  for (const [key, other] of [
    ['at_least', 'more_than'],
    ['condition', 'rule'],
  ] as const) {
    if (override.has(key)) entries.delete(other);
    if (override.has(other)) entries.delete(key);
  }
  for (const key of override.keys()) {
    const entry = change.entries.get(key);
    if (entry !== undefined && key !== 'exceptions') entries.set(key, entry);
  }
  return { ...base, entries };
}

function exceptionsAfter(
  existing: readonly ExceptionItem[],
  reader: MapReader,
  how: Override | undefined,
): readonly ExceptionItem[] | undefined {
  if (how === undefined) return existing;
  const read = readExceptions(reader, how === 'append');
  if (read === undefined) return undefined;
  if (how === 'append') return appendExceptions(reader, existing, read);
  return checkExceptions(reader, read) ? read : undefined;
}

function readBy(reader: MapReader): readonly YamlScalar[] | undefined {
  const help = 'container, process, tree, workload, user, node, or fields such as `[container, fd.sip]`';
  const node = reader.node('by');
  if (node === undefined) return reader.report('RULE_KEY_MISSING', '`by` is missing', help);
  if (node.kind === 'list') return reader.scalars('by');
  const one = reader.scalar('by');
  return one && [one];
}

function readCount(reader: MapReader): number | undefined {
  const [least, more] = [reader.scalar('at_least'), reader.scalar('more_than')];
  if (reader.has('at_least') === reader.has('more_than')) {
    const message = 'exactly one of `at_least` and `more_than` is needed';
    return reader.report('RULE_COUNT', message, 'write how many events it takes: `at_least: 20`');
  }
  const node = least ?? more;
  if (node === undefined) return undefined;
  const count = /^\d{1,9}$/.test(node.text) ? Number(node.text) + (least === undefined ? 1 : 0) : Number.NaN;
  if (count >= 1 && count <= MAX_COUNT) return count;
  const message = `\`${node.text}\` is not a count that can be kept`;
  const help = `a whole number from 1 to ${MAX_COUNT}; each group remembers as many`;
  return reader.report('RULE_COUNT', message, help, node.span);
}
