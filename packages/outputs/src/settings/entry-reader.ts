import type { YamlEntry, YamlNode } from '@runward/yaml';
import type { Secret } from '../transport/secret.js';
import type { Problems } from './problems.js';
import { HEADER, HEADER_NAME, type Kind, PATH } from './values.js';

const MOST_ITEMS = 64;
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The keys of one output, each read once. */
export class EntryReader {
  readonly #entries: ReadonlyMap<string, YamlEntry>;
  readonly #node: YamlNode;
  readonly #problems: Problems;

  constructor(node: YamlNode, keys: readonly string[], where: string, problems: Problems) {
    this.#node = node;
    this.#problems = problems;
    this.#entries = new Map(problems.entries(node, keys, where));
  }

  optional<T>(key: string, kind: Kind<T>): T | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined ? undefined : this.#problems.value(entry.value, key, kind);
  }

  /** undefined was told. */
  needed<T>(key: string, kind: Kind<T>): T | undefined {
    if (!this.#entries.has(key)) this.#missing(key, kind.expected);
    return this.optional(key, kind);
  }

  #missing(key: string, expected: string): void {
    this.#problems.tell(
      'value',
      `\`${key}\` is missing`,
      `write \`${key}:\` and ${expected}`,
      this.#node.span,
    );
  }

  /** Something is wrong with how its values go together. */
  object(message: string, help: string): void {
    this.#problems.tell('value', message, help, this.#node.span);
  }

  list<T extends string>(key: string, kind: Kind<T>): readonly T[] {
    const entry = this.#entries.get(key);
    if (entry === undefined) return [];
    return this.#problems.list(entry.value, key, { ...kind, most: MOST_ITEMS });
  }

  /** At least one; empty was told. */
  neededList<T extends string>(key: string, kind: Kind<T>, example: string): readonly T[] {
    const value = this.#entries.get(key)?.value;
    if (value === undefined || (value.kind === 'list' && value.items.length === 0))
      this.#missing(key, `a list, such as \`[${example}]\``);
    return this.list(key, kind);
  }

  /** Text, or where it is. */
  secret(key: string, kind: Kind<string>, isNeeded: boolean): Secret | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      if (isNeeded) this.#missing(key, kind.expected);
      return undefined;
    }
    return this.#secretOf(entry.value, key, kind);
  }

  #secretOf(node: YamlNode, key: string, kind: Kind<string>): Secret | undefined {
    if (node.kind !== 'map') {
      const text = this.#problems.value(node, key, kind);
      return text === undefined ? undefined : { kind: 'plain', text };
    }
    const place = new EntryReader(node, ['file', 'env'], `\`${key}\``, this.#problems);
    const path = place.optional('file', PATH);
    const name = place.optional('env', { parse: (text) => (ENV_NAME.test(text) ? text : undefined), expected: 'the name of a variable' }); // biome-ignore format: one line
    if (path !== undefined && name === undefined) return { kind: 'file', path };
    if (name !== undefined && path === undefined) return { kind: 'env', name };
    this.#problems.tell(
      'value',
      `\`${key}\` says no place, or two`,
      'write `{ file: PATH }` or `{ env: NAME }`',
      node.span,
    );
    return undefined;
  }

  headers(): Readonly<Record<string, Secret>> {
    const entry = this.#entries.get('headers');
    if (entry === undefined) return {};
    const { value } = entry;
    if (value.kind !== 'map') {
      this.#problems.tell('type', '`headers` is no mapping', 'write `Name: value` lines', value.span);
      return {};
    }
    const headers: Record<string, Secret> = {};
    for (const [name, each] of value.entries) {
      const secret = this.#secretOf(each.value, name, HEADER);
      if (!HEADER_NAME.test(name) || /^(?:content-length|host|connection|transfer-encoding)$/i.test(name))
        this.#problems.tell('key', `\`${name}\` cannot be set as a header`, 'leave it out', each.keySpan);
      else if (secret !== undefined) headers[name] = secret;
    }
    return headers;
  }
}
