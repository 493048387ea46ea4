import type { Diagnostic } from '@runward/core';
import type { PathPattern } from '@runward/policy';
import { pathPatternProblem } from '@runward/policy/pattern';
import { type ItemKind, SettingsReader, type SourceFile, type YamlEntry, type YamlNode } from '@runward/yaml';
import { DEFAULT_EVERY_MS, type IntegritySettings, type Watch } from './settings.js';

export type IntegrityDiagnosticCode =
  | 'INTEGRITY_SETTINGS_SYNTAX'
  | 'INTEGRITY_SETTINGS_KEY'
  | 'INTEGRITY_SETTINGS_TYPE'
  | 'INTEGRITY_SETTINGS_VALUE';

export interface ReadIntegritySettings {
  readonly settings: IntegritySettings;
  readonly problems: readonly Diagnostic<IntegrityDiagnosticCode>[];
}

const KEYS = ['watch', 'secrets', 'every'] as const;
const WATCH_KEYS = ['name', 'where', 'containers', 'paths', 'exclude', 'content'] as const;
const MOST = 256;
const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const LEAST_MS = 10_000;

const patternOf = (text: string): PathPattern | undefined => {
  const pattern: PathPattern = { kind: /[*?[{\\]/.test(text) ? 'glob' : 'path', text };
  return pathPatternProblem(pattern) === undefined ? pattern : undefined;
};

const PATH: ItemKind<PathPattern | undefined> = {
  parse: patternOf,
  expected: 'an absolute path, with `*` and `?` within a part and `**` for any number of them: `/etc/ssh/**`',
  most: MOST,
};
const NAME: ItemKind<string | undefined> = {
  parse: (text) => (/^[^\p{Cc}]{1,253}$/u.test(text) ? text : undefined),
  expected: 'a name, such as `web` or `registry/shop/*`',
  most: MOST,
};

/** What is to be watched. Any text may come; everything that is wrong with it is told. */
export function readSettings(file: SourceFile): ReadIntegritySettings {
  const reader = new SettingsReader<IntegrityDiagnosticCode>({
    syntax: 'INTEGRITY_SETTINGS_SYNTAX',
    key: 'INTEGRITY_SETTINGS_KEY',
    type: 'INTEGRITY_SETTINGS_TYPE',
    value: 'INTEGRITY_SETTINGS_VALUE',
  });
  const document = reader.document(file);
  const entries = new Map(document === undefined ? [] : reader.entries(document, KEYS, 'the file'));
  const watches = readWatches(entries.get('watch'), reader);
  if (watches.length === 0 && reader.found.length === 0)
    reader.tell(
      'value',
      'nothing is watched',
      'write `watch:` and below it `- name: passwords`, `where: host`, `paths: [/etc/passwd]`',
      document?.span ?? { file: file.name, line: 1, column: 1, endLine: 1, endColumn: 1 },
    );
  const [secrets, every] = [entries.get('secrets'), entries.get('every')];
  return {
    settings: {
      watches,
      secrets: secrets === undefined ? [] : reader.list(secrets.value, 'secrets', PATH),
      everyMs:
        (every === undefined
          ? undefined
          : reader.value(every.value, 'every', {
              parse: duration,
              expected: 'a number and a unit, at least `10s`: `30m`, `1h`',
            })) ?? DEFAULT_EVERY_MS,
    },
    problems: reader.found,
  };
}

type Reader = SettingsReader<IntegrityDiagnosticCode>;

function readWatches(entry: YamlEntry | undefined, reader: Reader): readonly Watch[] {
  if (entry === undefined) return [];
  const { value } = entry;
  if (value.kind !== 'list' || value.items.length > MOST) {
    reader.tell(
      'type',
      value.kind === 'list' ? `there are more than ${MOST} watches` : '`watch` is no list',
      'write a list: `- name: passwords`',
      value.span,
    );
    return [];
  }
  const watches = value.items.flatMap((item) => readWatch(item, reader) ?? []);
  for (const [i, { name }] of watches.entries())
    if (watches.findIndex((each) => each.name === name) !== i)
      reader.tell(
        'value',
        `two watches are named \`${name}\``,
        'give each a name of its own',
        value.items[i]?.span ?? value.span,
      );
  return watches;
}

function readWatch(node: YamlNode, reader: Reader): Watch | undefined {
  const entries = new Map(reader.entries(node, WATCH_KEYS, 'a watch'));
  const value = <T>(key: string, kind: Omit<ItemKind<T>, 'most'>) => {
    const entry = entries.get(key);
    return entry === undefined ? undefined : reader.value(entry.value, key, kind);
  };
  const list = <T>(key: string, kind: ItemKind<T>) => {
    const entry = entries.get(key);
    return entry === undefined ? [] : reader.list(entry.value, key, kind);
  };
  const name = value('name', NAME);
  const where = value('where', {
    parse: (text) => (['host', 'containers'] as const).find((each) => each === text),
    expected: '`host` or `containers`',
  });
  const watch = {
    containers: list('containers', NAME),
    paths: list('paths', PATH),
    exclude: list('exclude', PATH),
    content:
      value('content', {
        parse: (text) =>
          (
            ({ true: 'yes', yes: 'yes', false: 'no', no: 'no' }) as Readonly<
              Record<string, 'yes' | 'no' | undefined>
            >
          )[text],
        expected: '`true` or `false`',
      }) === 'yes',
  };
  if (node.kind !== 'map') return undefined;
  for (const key of ['name', 'where', 'paths'])
    if (!entries.has(key))
      reader.tell('value', `a watch has no \`${key}\``, `write \`${key}:\` there`, node.span);
  if (entries.has('paths') && watch.paths.length === 0 && reader.found.length === 0)
    reader.tell(
      'value',
      '`paths` names none',
      'name the files that matter: `[/etc/passwd, /etc/ssh/**]`',
      node.span,
    );
  if (where === 'host' && watch.containers.length > 0)
    reader.tell(
      'value',
      '`containers` stands beside `where: host`',
      'write `where: containers`, or leave `containers` out',
      node.span,
    );
  return name === undefined || where === undefined ? undefined : { name, where, ...watch };
}

function duration(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = Number(amount) * (UNITS[unit] ?? Number.NaN);
  return ms >= LEAST_MS ? ms : undefined;
}
