import { type Diagnostic, didYouMean, type SourceSpan } from '@runward/core';
import {
  readYaml,
  type SourceFile,
  type YamlEntry,
  type YamlMap,
  type YamlNode,
  type YamlScalar,
} from './document.js';

/** What the language of a file calls its problems. */
export interface ProblemCodes<Code extends string> {
  /** No YAML, or too many documents. */
  readonly syntax: Code;
  /** Not known, or given twice. */
  readonly key: Code;
  /** A mapping, list or single value where another belongs. */
  readonly type: Code;
  readonly value: Code;
}

/** Reads a file whose keys are known, and gathers what is wrong with it. Any text may come. */
export class SettingsReader<Code extends string> {
  readonly found: Diagnostic<Code>[] = [];
  readonly #codes: ProblemCodes<Code>;

  constructor(codes: ProblemCodes<Code>) {
    this.#codes = codes;
  }

  tell(kind: keyof ProblemCodes<Code>, message: string, help: string, span: SourceSpan): void {
    this.found.push({ severity: 'error', code: this.#codes[kind], message, help, span });
  }

  /** The one document of a file; undefined when there is none, as in a file of comments. */
  document(file: SourceFile): YamlNode | undefined {
    const [document, second] = readYaml(file, ({ kind, message, help, span }) =>
      this.tell(kind === 'syntax' ? 'syntax' : 'key', message, help, span),
    );
    if (second !== undefined) {
      const help = 'remove `---` and what follows it';
      this.tell('syntax', 'the file holds more than one document', help, second.span);
    }
    return document;
  }

  /** Entries of a mapping whose keys are known. What has nothing behind its key keeps its default. */
  entries(node: YamlNode, keys: readonly string[], where: string): readonly (readonly [string, YamlEntry])[] {
    if (node.kind !== 'map') {
      this.tell(
        'type',
        `${where} is no mapping`,
        `write \`key: value\` lines; the keys are ${listed(keys)}`,
        node.span,
      );
      return [];
    }
    return this.#known(node, keys, where);
  }

  #known(
    { entries }: YamlMap,
    keys: readonly string[],
    where: string,
  ): readonly (readonly [string, YamlEntry])[] {
    return [...entries].filter(([key, { keySpan, value }]) => {
      if (!keys.includes(key)) {
        const help = didYouMean(key, keys, `the keys there are ${listed(keys)}`);
        this.tell('key', `${where} has no \`${key}\``, help, keySpan);
        return false;
      }
      return !(value.kind === 'scalar' && value.empty);
    });
  }

  /** A value alone; undefined when it is none. */
  scalar(node: YamlNode, key: string, expected: string): YamlScalar | undefined {
    if (node.kind === 'scalar' && !node.empty) return node;
    this.tell('type', `\`${key}\` is not one value`, `write ${expected}`, node.span);
    return undefined;
  }

  /** Values of a list, each read; what cannot be is told and left out. */
  list<T>(
    node: YamlNode,
    key: string,
    { parse, expected, most }: ItemKind<T>,
  ): readonly Exclude<T, undefined>[] {
    if (node.kind !== 'list' || node.items.length > most) {
      const what = node.kind === 'list' ? `has more than ${most} items` : 'is no list';
      const help = node.kind === 'list' ? 'leave some out' : `write \`${key}: [A, B]\`: ${expected} each`;
      this.tell('type', `\`${key}\` ${what}`, help, node.span);
      return [];
    }
    const values = node.items.map((item) => this.value(item, key, { parse, expected }));
    return values.filter((value) => value !== undefined);
  }

  value<T>(
    node: YamlNode,
    key: string,
    { parse, expected }: Omit<ItemKind<T>, 'most'>,
  ): Exclude<T, undefined> | undefined {
    const scalar = this.scalar(node, key, expected);
    if (scalar === undefined) return undefined;
    const value = parse(scalar.text);
    if (value === undefined) {
      const message = `\`${shown(scalar.text)}\` is no value of \`${key}\``;
      this.tell('value', message, `write ${expected}`, scalar.span);
      return undefined;
    }
    return value as Exclude<T, undefined>; // undefined was left out above; the compiler does not narrow a parameter
  }
}

export interface ItemKind<T> {
  readonly parse: (text: string) => T;
  /** What belongs there. */
  readonly expected: string;
  readonly most: number;
}

export const listed = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(', ');

const shown = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text);
