import type { YamlNode } from '@runward/yaml';
import { SourceText } from '@runward/yaml';
import type { Reporter } from '../diagnostics/reporter.js';
import { bothWays, noPrevious, readAppend } from './append.js';
import type { CorrelationItem } from './correlation-items.js';
import { readCorrelation } from './correlation-reader.js';
import type { Collected, ListItem, MacroItem, RuleItem } from './items.js';
import { MapReader } from './map-reader.js';
import { readOverride } from './override.js';
import { readRule } from './rule-reader.js';
import { readEngineVersion, readPluginVersions } from './versions.js';

const LIST_KEYS = new Set(['list', 'items', 'append', 'override']);
const MACRO_KEYS = new Set(['macro', 'condition', 'append', 'override']);
const MACRO_NAME = /^[a-zA-Z][a-zA-Z0-9_]*$/;
const LIST_NAME = /^[^()"'\s=,]+$/;

/** Reads items in file order and applies append and override as it goes: later ones change earlier ones. */
export class Collector implements Collected {
  readonly lists = new Map<string, ListItem>();
  readonly macros = new Map<string, MacroItem>();
  readonly rules = new Map<string, RuleItem>();
  readonly correlations = new Map<string, CorrelationItem>();
  #index = 0;

  constructor(
    readonly reporter: Reporter,
    readonly sources: ReadonlySet<string>,
  ) {}

  document(document: YamlNode): void {
    if (document.kind === 'scalar' && document.empty) return;
    if (document.kind !== 'list') {
      const message = 'a rule file must be a list of items';
      this.reporter.report('RULE_NOT_A_LIST', message, 'start each item with `- `', document.span, '');
      return;
    }
    for (const item of document.items) this.#item(item);
  }

  #item(node: YamlNode): void {
    if (node.kind === 'scalar' && node.empty) return;
    if (node.kind !== 'map') {
      const help = 'an item is a mapping such as `- rule: NAME`';
      this.reporter.report('RULE_ITEM_SHAPE', 'an item must be a mapping', help, node.span, '');
      return;
    }
    this.#index += 1;
    const { entries } = node;
    if (entries.has('required_engine_version')) readEngineVersion(new MapReader(node, this.reporter, ''));
    else if (entries.has('required_plugin_versions'))
      readPluginVersions(new MapReader(node, this.reporter, ''));
    else if (entries.has('list')) this.#list(this.#named(node, 'list'));
    else if (entries.has('macro')) this.#macro(this.#named(node, 'macro'));
    else if (entries.has('rule')) readRule(this.#named(node, 'rule'), this.rules, this.sources);
    else if (entries.has('sequence'))
      readCorrelation('sequence', this.#named(node, 'sequence'), this.correlations);
    else if (entries.has('threshold'))
      readCorrelation('threshold', this.#named(node, 'threshold'), this.correlations);
    else {
      const key = [...entries.keys()][0] ?? '';
      const help =
        'known items are rule, macro, list, sequence, threshold, required_engine_version and required_plugin_versions';
      this.reporter.report('RULE_ITEM_UNKNOWN', `unknown item \`${key}\` is ignored`, help, node.span, '');
    }
  }

  #named(
    node: YamlNode & { kind: 'map' },
    kind: 'list' | 'macro' | 'rule' | 'sequence' | 'threshold',
  ): MapReader {
    const name = node.entries.get(kind)?.value;
    const label = name?.kind === 'scalar' ? `${kind} "${name.text}"` : kind;
    return new MapReader(node, this.reporter, label);
  }

  #list(reader: MapReader): void {
    reader.unknownKeys(LIST_KEYS);
    const name = reader.text('list');
    if (!reader.has('items')) reader.report('RULE_KEY_MISSING', '`items` is missing', 'add `items: [ ]`');
    const items = reader.scalars('items');
    const append = this.#appends(reader, 'items');
    if (name === undefined || items === undefined || append === undefined) return;
    if (!LIST_NAME.test(name)) {
      const help = 'a name must not contain blanks, quotes, parentheses, `=` or `,`';
      reader.report('RULE_LIST_NAME', `\`${name}\` cannot be used as the name of a list`, help);
    }
    const previous = this.lists.get(name);
    if (!append) {
      this.lists.set(name, { name, span: reader.span, items });
    } else if (previous !== undefined) {
      previous.items = [...previous.items, ...items];
    } else {
      noPrevious(reader, 'list', name);
    }
  }

  #macro(reader: MapReader): void {
    reader.unknownKeys(MACRO_KEYS);
    const name = reader.text('macro');
    const condition = reader.required('condition')?.source();
    const append = this.#appends(reader, 'condition');
    if (name === undefined || condition === undefined || append === undefined) return;
    if (!MACRO_NAME.test(name)) {
      const help = 'a name is letters, digits and `_`, starting with a letter';
      reader.report('RULE_MACRO_NAME', `\`${name}\` cannot be used as the name of a macro`, help);
    }
    const previous = this.macros.get(name);
    if (!append) {
      const index = previous?.index ?? this.#index;
      this.macros.set(name, { name, span: reader.span, condition, index, visibility: this.#index });
    } else if (previous !== undefined) {
      previous.condition = SourceText.concat([previous.condition, ' ', condition]);
      previous.visibility = this.#index;
    } else {
      noPrevious(reader, 'macro', name);
    }
  }

  /** Whether the item adds to an earlier one; undefined when it says so in two ways at once. */
  #appends(reader: MapReader, key: string): boolean | undefined {
    const append = readAppend(reader);
    const override = readOverride(reader, new Set([key]), new Set([key]));
    if (override === undefined) return undefined;
    if (append && override.size > 0) return bothWays(reader);
    return append || override.get(key) === 'append';
  }
}
