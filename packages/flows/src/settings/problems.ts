import { type Diagnostic, didYouMean, type SourceSpan } from '@runward/core';
import type { YamlEntry, YamlMap, YamlNode, YamlScalar } from '@runward/yaml';

export type SettingsDiagnosticCode =
  | 'FLOWS_SETTINGS_SYNTAX'
  | 'FLOWS_SETTINGS_KEY'
  | 'FLOWS_SETTINGS_TYPE'
  | 'FLOWS_SETTINGS_VALUE';

export type SettingsDiagnostic = Diagnostic<SettingsDiagnosticCode>;

/** Gathers what is wrong while a file is read. */
export class Problems {
  readonly found: SettingsDiagnostic[] = [];

  tell(code: SettingsDiagnosticCode, message: string, help: string, span: SourceSpan): void {
    this.found.push({ severity: 'error', code, message, help, span });
  }

  /** Entries of a mapping whose keys are known. What has nothing behind its key keeps its default. */
  entries(node: YamlNode, keys: readonly string[], where: string): readonly (readonly [string, YamlEntry])[] {
    if (node.kind !== 'map') {
      this.tell(
        ...(['FLOWS_SETTINGS_TYPE', `${where} is no mapping`] as const),
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
        this.tell('FLOWS_SETTINGS_KEY', `${where} has no \`${key}\``, help, keySpan);
        return false;
      }
      return !(value.kind === 'scalar' && value.empty);
    });
  }

  /** A value alone; undefined when it is none. */
  scalar(node: YamlNode, key: string, expected: string): YamlScalar | undefined {
    if (node.kind === 'scalar' && !node.empty) return node;
    this.tell('FLOWS_SETTINGS_TYPE', `\`${key}\` is not one value`, `write ${expected}`, node.span);
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
      this.tell('FLOWS_SETTINGS_TYPE', `\`${key}\` ${what}`, help, node.span);
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
      this.tell('FLOWS_SETTINGS_VALUE', message, `write ${expected}`, scalar.span);
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
