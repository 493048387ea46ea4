import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { Diagnostic } from '@runward/core';
import { SettingsReader, type SourceFile, type YamlNode } from '@runward/yaml';
import { type Grant, type ProviderSettings, ROLES, type Role } from '../people/index.js';

export type ServerSettingsDiagnosticCode =
  | 'SERVER_SETTINGS_SYNTAX'
  | 'SERVER_SETTINGS_KEY'
  | 'SERVER_SETTINGS_TYPE'
  | 'SERVER_SETTINGS_VALUE';

const CODES = {
  syntax: 'SERVER_SETTINGS_SYNTAX',
  key: 'SERVER_SETTINGS_KEY',
  type: 'SERVER_SETTINGS_TYPE',
  value: 'SERVER_SETTINGS_VALUE',
} as const;

const KEYS = [
  'name',
  'issuer',
  'clientId',
  'clientSecretFile',
  'address',
  'ca',
  'scopes',
  'groupsClaim',
  'groups',
];
const NEEDED = ['issuer', 'clientId', 'clientSecretFile', 'address', 'groups'];
const MOST = 200;

export interface ProviderFile {
  /** undefined when there are problems. */
  readonly provider: ProviderSettings | undefined;
  readonly problems: readonly Diagnostic<ServerSettingsDiagnosticCode>[];
}

/** The identity provider of a file, with the secret and certificates it names; paths are from `folder` on. */
export function readProvider(file: SourceFile, folder: string): ProviderFile {
  return new ProviderReader(folder).read(file);
}

const text = (value: string): string | undefined => (value === '' || value.length > 500 ? undefined : value);
const httpsAddress = (value: string): string | undefined =>
  URL.canParse(value) && new URL(value).protocol === 'https:' && new URL(value).username === ''
    ? value
    : undefined;
const scopeName = (value: string): string | undefined =>
  /^(?:\*|[\w.-]{1,253})$/.test(value) ? value : undefined;
const role = (value: string): Role | undefined => ROLES.find((each) => each === value);

class ProviderReader {
  readonly #reader = new SettingsReader<ServerSettingsDiagnosticCode>(CODES);
  readonly #folder: string;
  readonly #texts = new Map<string, string>();
  #scopes: readonly string[] = ['profile'];
  #groups: Record<string, readonly Grant[]> = {};

  constructor(folder: string) {
    this.#folder = folder;
  }

  read(file: SourceFile): ProviderFile {
    const root = this.#reader.document(file);
    const start = root?.span ?? { file: file.name, line: 1, column: 1, endLine: 1, endColumn: 1 };
    const given = root === undefined ? [] : this.#reader.entries(root, KEYS, 'the identity provider');
    for (const [key, { value }] of given) this.#take(key, value);
    const told = new Set(given.map(([key]) => key));
    for (const key of NEEDED)
      if (!told.has(key))
        this.#reader.tell(
          'value',
          `the identity provider has no \`${key}\``,
          'docs/control-plane-api.md has an example',
          start,
        );
    const problems = this.#reader.found;
    return { provider: problems.length > 0 ? undefined : this.#provider(), problems };
  }

  #provider(): ProviderSettings {
    const of = (key: string, otherwise = ''): string => this.#texts.get(key) ?? otherwise;
    const ca = this.#texts.get('ca');
    return {
      ...{ name: of('name', new URL(of('issuer')).hostname), issuer: of('issuer'), clientId: of('clientId') },
      ...{ clientSecret: of('clientSecretFile'), address: new URL(of('address')).origin },
      ...{ scopes: this.#scopes, groupsClaim: of('groupsClaim', 'groups'), groups: this.#groups },
      ...(ca === undefined ? {} : { ca }),
    };
  }

  #take(key: string, node: YamlNode): void {
    switch (key) {
      case 'issuer':
      case 'address':
        this.#text(key, node, httpsAddress, 'an address that begins with `https://`');
        return;
      case 'clientSecretFile':
      case 'ca':
        this.#file(key, node);
        return;
      case 'scopes':
        this.#scopes = this.#reader.list(node, key, {
          parse: text,
          expected: 'the name of a scope',
          most: MOST,
        });
        return;
      case 'groups':
        this.#takeGroups(node);
        return;
      default:
        this.#text(key, node, text, 'up to 500 characters');
    }
  }

  #text(key: string, node: YamlNode, parse: (value: string) => string | undefined, expected: string): void {
    const value = this.#reader.value(node, key, { parse, expected });
    if (value !== undefined) this.#texts.set(key, value);
  }

  #file(key: string, node: YamlNode): void {
    const path = this.#reader.value(node, key, { parse: text, expected: 'the path of a file' });
    if (path === undefined) return;
    try {
      this.#texts.set(key, readFileSync(isAbsolute(path) ? path : join(this.#folder, path), 'utf8').trim());
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#reader.tell(
        'value',
        `the file of \`${key}\` cannot be read: ${why}`,
        'name one that is there',
        node.span,
      );
    }
  }

  #takeGroups(node: YamlNode): void {
    if (node.kind !== 'map') {
      this.#reader.tell(
        'type',
        '`groups` is no mapping',
        'write `GROUP: [{ role: viewer }]` lines',
        node.span,
      );
      return;
    }
    for (const [group, { value }] of node.entries) this.#groups[group] = this.#grants(value);
  }

  #grants(node: YamlNode): readonly Grant[] {
    if (node.kind !== 'list' || node.items.length > MOST) {
      this.#reader.tell(
        'type',
        'what a group may is no list, or too long',
        'write `[{ role: viewer }]`',
        node.span,
      );
      return [];
    }
    return node.items.flatMap((item) => this.#grant(item) ?? []);
  }

  #grant(node: YamlNode): Grant | undefined {
    const scope = { cluster: '*', namespace: '*', workload: '*' };
    let held: Role | undefined;
    for (const [key, { value }] of this.#reader.entries(
      node,
      ['role', ...Object.keys(scope)],
      'what a group may',
    )) {
      if (key === 'role') held = this.#reader.value(value, key, { parse: role, expected: ROLES.join(', ') });
      else {
        const expected = 'letters, digits, `.`, `_` and `-`, or `"*"` for all';
        const name = this.#reader.value(value, key, { parse: scopeName, expected });
        Object.assign(scope, { [key]: name ?? 'none' });
      }
    }
    if (held !== undefined) return { role: held, ...scope };
    if (node.kind === 'map' && !node.entries.has('role'))
      this.#reader.tell('value', 'what a group may has no `role`', `one of ${ROLES.join(', ')}`, node.span);
    return undefined;
  }
}
