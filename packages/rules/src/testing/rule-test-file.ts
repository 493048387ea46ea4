import type { SourceSpan } from '@runward/core';
import { plainSpan } from '@runward/core';
import { readYaml, type SourceFile, type YamlMap, type YamlNode, type YamlScalar } from '@runward/yaml';
import { MapReader } from '../collect/map-reader.js';
import type { RuleDiagnostic } from '../diagnostics/codes.js';
import { Reporter } from '../diagnostics/reporter.js';
import { REPEAT_KEYS, repeatEvents } from './event-repeater.js';

/** One case of a `NAME.test.yaml` beside a rule file. */
export interface RuleTest {
  readonly name: string;
  readonly events: readonly TestEvent[];
  /** When each event happens, nanoseconds since the test began. */
  readonly timesNs: readonly number[];
  /** Exactly the rules that must fire on the events together; none when empty. */
  readonly fires: readonly { readonly rule: string; readonly span: SourceSpan }[];
  /** Text that the output of a rule must contain. */
  readonly output: ReadonlyMap<string, string>;
  readonly span: SourceSpan;
}

/** Facts as written; their types come from the field catalogue when the test runs. */
export type TestEvent = ReadonlyMap<string, WrittenFact>;

export interface WrittenFact {
  /** Undefined for `null`: the event does not carry the field. */
  readonly value: string | readonly string[] | undefined;
  readonly span: SourceSpan;
}

export interface RuleTestFile {
  readonly value: readonly RuleTest[] | undefined;
  readonly diagnostics: readonly RuleDiagnostic[];
}

const KEYS = new Set(['name', 'event', 'events', 'fires', 'output']);

export function parseRuleTests(file: SourceFile): RuleTestFile {
  const reporter = new Reporter();
  const tests = readYaml(file, reporter.yaml).flatMap((document) => readDocument(document, reporter));
  return { value: reporter.failed ? undefined : tests, diagnostics: reporter.diagnostics };
}

function readDocument(document: YamlNode, reporter: Reporter): readonly RuleTest[] {
  if (document.kind === 'scalar' && document.empty) return [];
  if (document.kind !== 'list') {
    reporter.report('RULE_TEST_SHAPE', 'a test file must be a list of tests', '', document.span, '');
    return [];
  }
  const tests: RuleTest[] = [];
  for (const node of document.items) {
    if (node.kind !== 'map') {
      reporter.report(
        'RULE_TEST_SHAPE',
        'a test must be a mapping',
        'give it name, event and fires',
        node.span,
        '',
      );
      continue;
    }
    const test = readTest(node, reporter);
    if (test !== undefined) tests.push(test);
  }
  return tests;
}

function readTest(node: YamlMap, reporter: Reporter): RuleTest | undefined {
  const written = node.entries.get('name')?.value;
  const reader = new MapReader(
    node,
    reporter,
    written?.kind === 'scalar' ? `test "${written.text}"` : 'test',
  );
  reader.unknownKeys(KEYS);
  const name = reader.required('name')?.text;
  const happening = readEvents(reader);
  if (!reader.has('fires'))
    reader.report('RULE_KEY_MISSING', '`fires` is missing', 'write `fires: []` for none');
  const fires = reader.scalars('fires');
  if (name === undefined || happening === undefined || fires === undefined) return undefined;
  return {
    ...{ name, ...happening, span: plainSpan(node.span), output: readOutput(reader) },
    fires: fires.map(({ text, span }) => ({ rule: text, span: plainSpan(span) })),
  };
}

type Happening = Pick<RuleTest, 'events' | 'timesNs'>;

function readEvents(reader: MapReader): Happening | undefined {
  const [one, many] = [reader.node('event'), reader.node('events')];
  const nodes =
    one !== undefined && many === undefined
      ? [one]
      : many?.kind === 'list' && one === undefined
        ? many.items
        : [];
  const maps = nodes.filter((node): node is YamlMap => node.kind === 'map');
  if (maps.length === 0 || maps.length < nodes.length) {
    const help = 'write `event: { evt.type: openat, ... }`, or `events:` with a list of such mappings';
    return reader.report('RULE_TEST_SHAPE', 'a test needs one `event` or a list of `events`', help);
  }
  return repeatEvents(maps, reader, (map) => readFacts(map, reader));
}

function readFacts(map: YamlMap, reader: MapReader): TestEvent {
  const facts = new Map<string, WrittenFact>();
  for (const [field, { value: node, keySpan }] of map.entries) {
    if (REPEAT_KEYS.has(field)) continue;
    const value = factValue(node);
    if (value === null)
      reader.report('RULE_TEST_SHAPE', `\`${field}\` must be a value or a list of values`, '', node.span);
    else facts.set(field, { value, span: plainSpan(keySpan) });
  }
  return facts;
}

/** null when the node is neither a value nor a list of values. */
function factValue(node: YamlNode): string | readonly string[] | undefined | null {
  if (node.kind === 'scalar') return node.empty ? undefined : node.text;
  if (node.kind === 'map') return null;
  const scalars = node.items.filter((item): item is YamlScalar => item.kind === 'scalar');
  return scalars.length === node.items.length ? scalars.map((item) => item.text) : null;
}

function readOutput(reader: MapReader): ReadonlyMap<string, string> {
  const node = reader.node('output');
  const texts = new Map<string, string>();
  if (node === undefined) return texts;
  if (node.kind !== 'map') {
    reader.report('RULE_TEST_SHAPE', '`output` must map rule names to texts', '', node.span);
    return texts;
  }
  for (const [rule, { value }] of node.entries) {
    if (value.kind === 'scalar') texts.set(rule, value.text);
    else reader.report('RULE_TEST_SHAPE', `the output of \`${rule}\` must be a text`, '', value.span);
  }
  return texts;
}
