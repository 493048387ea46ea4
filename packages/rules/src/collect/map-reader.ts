import type { SourceSpan } from '@runward/core';
import type { SourceText, YamlMap, YamlNode, YamlScalar } from '@runward/yaml';
import type { RuleCode } from '../diagnostics/codes.js';
import type { Reporter } from '../diagnostics/reporter.js';

/** Reads the keys of one mapping; each mistake is reported and yields undefined. */
export class MapReader {
  constructor(
    readonly map: YamlMap,
    readonly reporter: Reporter,
    readonly item: string,
  ) {}

  get span(): SourceSpan {
    return this.map.span;
  }

  has(key: string): boolean {
    return this.map.entries.has(key);
  }

  node(key: string): YamlNode | undefined {
    return this.map.entries.get(key)?.value;
  }

  keySpan(key: string): SourceSpan {
    return this.map.entries.get(key)?.keySpan ?? this.map.span;
  }

  report(code: RuleCode, message: string, help: string, span: SourceSpan = this.map.span): undefined {
    this.reporter.report(code, message, help, span, this.item);
    return undefined;
  }

  /** A text that must be there and not be empty. */
  required(key: string): YamlScalar | undefined {
    if (this.has(key)) return this.scalar(key);
    return this.report('RULE_KEY_MISSING', `\`${key}\` is missing`, `add \`${key}:\``);
  }

  scalar(key: string): YamlScalar | undefined {
    const node = this.node(key);
    if (node === undefined) return undefined;
    if (node.kind !== 'scalar') {
      return this.report('RULE_KEY_TYPE', `\`${key}\` must be a single value`, '', node.span);
    }
    if (node.empty || node.text === '') {
      return this.report('RULE_KEY_TYPE', `\`${key}\` is empty`, '', this.keySpan(key));
    }
    return node;
  }

  text(key: string): string | undefined {
    return this.scalar(key)?.text;
  }

  source(key: string): SourceText | undefined {
    return this.scalar(key)?.source();
  }

  boolean(key: string): boolean | undefined {
    const node = this.scalar(key);
    if (node === undefined) return undefined;
    const value = BOOLEANS.get(node.text.toLowerCase());
    if (value !== undefined) return value;
    return this.report(
      'RULE_KEY_TYPE',
      `\`${key}\` must be true or false, not \`${node.text}\``,
      '',
      node.span,
    );
  }

  scalars(key: string): readonly YamlScalar[] | undefined {
    const node = this.node(key);
    if (node === undefined) return undefined;
    if (node.kind !== 'list') {
      return this.report('RULE_KEY_TYPE', `\`${key}\` must be a list`, 'write it as `[a, b]`', node.span);
    }
    const items: YamlScalar[] = [];
    for (const item of node.items) {
      if (item.kind === 'scalar') items.push(item);
      else this.report('RULE_KEY_TYPE', `an entry of \`${key}\` is not a single value`, '', item.span);
    }
    return items;
  }

  unknownKeys(known: ReadonlySet<string>): void {
    for (const [key, entry] of this.map.entries) {
      if (known.has(key)) continue;
      const help = 'the key is ignored; check its spelling and where it stands';
      this.report('RULE_KEY_UNKNOWN', `unknown key \`${key}\``, help, entry.keySpan);
    }
  }
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['yes', true],
  ['on', true],
  ['y', true],
  ['false', false],
  ['no', false],
  ['off', false],
  ['n', false],
]);
