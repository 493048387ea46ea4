import { SourceText } from '@runward/yaml';
import { bothWays, noPrevious, readAppend } from './append.js';
import { appendExceptions, checkExceptions, readExceptions } from './exceptions.js';
import { type Priority, parsePriority, type RuleItem } from './items.js';
import type { MapReader } from './map-reader.js';
import { type Override, readOverride } from './override.js';

const APPENDABLE = new Set(['condition', 'output', 'desc', 'tags', 'exceptions']);
const REPLACEABLE = new Set([
  ...['condition', 'output', 'desc', 'priority', 'tags', 'exceptions', 'enabled', 'warn_evttypes'],
  ...['skip-if-unknown-filter', 'capture', 'capture_duration'],
]);
const KEYS = new Set([...REPLACEABLE, 'rule', 'source', 'append', 'override']);

/** Reads one `rule` item and defines, appends to, overrides or switches a rule. */
export function readRule(
  reader: MapReader,
  rules: Map<string, RuleItem>,
  sources: ReadonlySet<string>,
): void {
  reader.unknownKeys(KEYS);
  const name = reader.text('rule');
  const append = readAppend(reader);
  const override = readOverride(reader, APPENDABLE, REPLACEABLE);
  if (name === undefined || override === undefined) return;
  if (override.size > 0) {
    if (append) bothWays(reader);
    else overrideRule(reader, name, override, rules);
  } else if (append) {
    appendRule(reader, name, rules);
  } else if (!['condition', 'output', 'desc', 'priority'].some((key) => reader.has(key))) {
    switchRule(reader, name, rules);
  } else {
    defineRule(reader, name, rules, sources);
  }
}

function defineRule(
  reader: MapReader,
  name: string,
  rules: Map<string, RuleItem>,
  sources: ReadonlySet<string>,
): void {
  const condition = reader.required('condition')?.source();
  const output = reader.required('output')?.source();
  const description = reader.required('desc')?.text;
  const priority = readPriority(reader);
  const source = reader.text('source') ?? 'syscall';
  const exceptions = readExceptions(reader, false);
  if (!sources.has(source)) {
    const message = `unknown event source \`${source}\`: the rule is skipped`;
    reader.report('RULE_SOURCE_UNKNOWN', message, `known sources: ${[...sources].join(', ')}`, reader.span);
  }
  if (condition === undefined || exceptions === undefined || !checkExceptions(reader, exceptions)) return;
  const previous = rules.get(name);
  if (previous !== undefined && previous.source !== source) {
    const message = `the rule was defined for source \`${previous.source}\` before`;
    reader.report('RULE_SOURCE_CHANGED', message, 'give it another name', reader.keySpan('source'));
    return;
  }
  rules.set(name, {
    ...{ name, span: reader.span, condition, source, exceptions },
    // A key that is missing or wrong fails the load; the rest of the rule is checked all the same.
    output: output ?? SourceText.plain('', ''),
    description: description ?? '',
    priority: priority ?? 'Debug',
    enabled: reader.boolean('enabled') ?? true,
    tags: readTags(reader) ?? [],
    warnEventTypes: reader.boolean('warn_evttypes') ?? true,
    skipIfUnknownFilter: reader.boolean('skip-if-unknown-filter') ?? false,
    capture: reader.boolean('capture') ?? false,
    captureDurationMs: readDuration(reader),
  });
}

function appendRule(reader: MapReader, name: string, rules: Map<string, RuleItem>): void {
  const rule = rules.get(name);
  if (rule === undefined) {
    noPrevious(reader, 'rule', name);
    return;
  }
  if (!reader.has('condition') && !reader.has('exceptions')) {
    const message = 'an appended rule needs `condition` or `exceptions`';
    reader.report('RULE_APPEND_EMPTY', message, 'use `override` for other keys');
    return;
  }
  appendKey(reader, rule, 'condition');
  appendKey(reader, rule, 'exceptions');
}

function overrideRule(
  reader: MapReader,
  name: string,
  override: ReadonlyMap<string, Override>,
  rules: Map<string, RuleItem>,
): void {
  for (const key of REPLACEABLE) {
    if (!reader.has(key) || override.has(key)) continue;
    const help = `add \`${key}: replace\` or \`${key}: append\` under \`override\``;
    reader.report(
      'RULE_OVERRIDE',
      `\`override\` does not say what to do with \`${key}\``,
      help,
      reader.keySpan(key),
    );
  }
  const rule = rules.get(name);
  if (rule === undefined) {
    noPrevious(reader, 'rule', name);
    return;
  }
  // Appends come first, then replacements, whatever their order in the file.
  for (const wanted of ['append', 'replace'] as const) {
    for (const [key, how] of override) {
      if (how !== wanted) continue;
      if (!reader.has(key)) {
        const message = `\`override\` names \`${key}\`, but the item has no such key`;
        reader.report('RULE_OVERRIDE', message, `add \`${key}:\``, reader.keySpan('override'));
      } else if (how === 'append') appendKey(reader, rule, key);
      else replaceKey(reader, rule, key);
    }
  }
}

function appendKey(reader: MapReader, rule: RuleItem, key: string): void {
  if (key === 'condition' || key === 'output') {
    const source = reader.source(key);
    if (source !== undefined) rule[key] = SourceText.concat([rule[key], ' ', source]);
  } else if (key === 'desc') {
    const text = reader.text(key);
    if (text !== undefined) rule.description = `${rule.description} ${text}`;
  } else if (key === 'tags') {
    rule.tags = [...new Set([...rule.tags, ...(readTags(reader) ?? [])])];
  } else if (key === 'exceptions') {
    const added = readExceptions(reader, true);
    if (added !== undefined) rule.exceptions = appendExceptions(reader, rule.exceptions, added);
  }
}

function replaceKey(reader: MapReader, rule: RuleItem, key: string): void {
  if (key === 'condition' || key === 'output') rule[key] = reader.source(key) ?? rule[key];
  else if (key === 'desc') rule.description = reader.text(key) ?? rule.description;
  else if (key === 'tags') rule.tags = readTags(reader) ?? rule.tags;
  else if (key === 'priority') rule.priority = readPriority(reader) ?? rule.priority;
  else if (key === 'enabled') rule.enabled = reader.boolean(key) ?? rule.enabled;
  else if (key === 'warn_evttypes') rule.warnEventTypes = reader.boolean(key) ?? rule.warnEventTypes;
  else if (key === 'capture') rule.capture = reader.boolean(key) ?? rule.capture;
  else if (key === 'capture_duration') rule.captureDurationMs = readDuration(reader);
  else if (key === 'skip-if-unknown-filter') {
    rule.skipIfUnknownFilter = reader.boolean(key) ?? rule.skipIfUnknownFilter;
  } else if (key === 'exceptions') {
    const exceptions = readExceptions(reader, false);
    if (exceptions !== undefined && checkExceptions(reader, exceptions)) rule.exceptions = exceptions;
  }
}

/** `- rule: NAME` with `enabled:` alone switches an earlier rule on or off. */
function switchRule(reader: MapReader, name: string, rules: Map<string, RuleItem>): void {
  if (!reader.has('enabled')) {
    const help = 'a rule needs condition, output, desc and priority';
    reader.report('RULE_KEY_MISSING', 'the rule has no condition', help);
    return;
  }
  const enabled = reader.boolean('enabled');
  const help = 'write `override: { enabled: replace }`';
  reader.report('RULE_DEPRECATED', '`enabled` on its own is deprecated', help, reader.keySpan('enabled'));
  const rule = rules.get(name);
  if (rule === undefined) {
    noPrevious(reader, 'rule', name);
    return;
  }
  rule.enabled = enabled ?? rule.enabled;
}

export function readPriority(reader: MapReader): Priority | undefined {
  const node = reader.required('priority');
  if (node === undefined) return undefined;
  const priority = parsePriority(node.text);
  if (priority !== undefined) return priority;
  const help = 'one of emergency, alert, critical, error, warning, notice, informational, debug';
  return reader.report('RULE_PRIORITY', `\`${node.text}\` is not a priority`, help, node.span);
}

export const readTags = (reader: MapReader): readonly string[] | undefined => {
  const tags = reader.scalars('tags');
  return tags && [...new Set(tags.map((tag) => tag.text))];
};

function readDuration(reader: MapReader): number | undefined {
  const node = reader.scalar('capture_duration');
  if (node === undefined) return undefined;
  if (/^\d{1,15}$/.test(node.text)) return Number(node.text);
  return reader.report('RULE_KEY_TYPE', '`capture_duration` must be a number of milliseconds', '', node.span);
}
