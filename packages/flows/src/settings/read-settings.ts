import type { SourceFile, YamlEntry } from '@runward/yaml';
import { DEFAULT_SETTINGS, type Settings, type Thresholds } from '../analyse/index.js';
import { Problems, type SettingsDiagnostic } from './problems.js';
import { DETECTOR, readExceptions } from './read-exceptions.js';
import { fileName, GROUPS, ORDERED, QUIET } from './shape.js';
import type { Value } from './values.js';

type Values = Record<string, Record<string, Value>>;

export interface ReadSettings {
  readonly settings: Settings;
  /** Any one, and the settings must not be used. */
  readonly problems: readonly SettingsDiagnostic[];
}

const MOST_ITEMS = 256;
const TOP = ['quiet', 'off', 'exceptions', ...GROUPS.map(({ name }) => name)];

/** Settings as a file says them; what it leaves out is as without a file. Any text may come. */
export function readSettings(file: SourceFile): ReadSettings {
  const problems = new Problems();
  const document = problems.document(file);
  // A file of comments says nothing, and may.
  if (document === undefined) return { settings: DEFAULT_SETTINGS, problems: problems.found };
  const entries = new Map(problems.entries(document, TOP, 'the file'));
  const quiet = entries.get('quiet');
  const off = entries.get('off');
  const exceptions = entries.get('exceptions');
  const quietMs = quiet && problems.value(quiet.value, 'quiet', QUIET);
  const thresholds = readThresholds(entries, problems);
  return {
    settings: {
      thresholds: typeof quietMs === 'number' ? { ...thresholds, quietMs } : thresholds,
      off: off === undefined ? [] : problems.list(off.value, 'off', DETECTOR),
      exceptions: exceptions === undefined ? [] : readExceptions(exceptions.value, problems),
    },
    problems: problems.found,
  };
}

function readThresholds(entries: ReadonlyMap<string, YamlEntry>, problems: Problems): Thresholds {
  const { quietMs, ...defaults } = DEFAULT_SETTINGS.thresholds;
  // The shape has the keys of the thresholds; their values are numbers and lists.
  const values = structuredClone(defaults) as unknown as Values;
  for (const { group, name, settings } of GROUPS) {
    const entry = entries.get(name);
    const target = values[group];
    if (entry === undefined || target === undefined) continue;
    const keys = settings.map((each) => each.name);
    for (const [key, { value }] of problems.entries(entry.value, keys, `\`${name}\``)) {
      const known = settings.find((each) => each.name === key);
      if (known === undefined) continue;
      const kind = { ...known.setting, most: MOST_ITEMS };
      const found = known.setting.isList ? problems.list(value, key, kind) : problems.value(value, key, kind);
      // A setting reads one kind of value, which is its threshold's.
      if (found !== undefined) target[known.key] = found as Value;
    }
    judgeOrder(group, target, entry, problems);
  }
  return { ...(values as unknown as typeof defaults), quietMs };
}

function judgeOrder(
  group: string,
  values: Readonly<Record<string, Value>>,
  entry: YamlEntry,
  problems: Problems,
): void {
  for (const [, less, more] of ORDERED.filter(([of]) => of === group)) {
    if (Number(values[less]) <= Number(values[more])) continue;
    const message = `\`${fileName(less)}\` is more than \`${fileName(more)}\``;
    const help = `what is left out keeps its default; give both`;
    problems.tell('value', message, help, entry.keySpan);
  }
}
