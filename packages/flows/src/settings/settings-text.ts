import { DEFAULT_SETTINGS } from '../analyse/index.js';
import { GROUPS, QUIET } from './shape.js';
import type { Setting, Value } from './values.js';

/** The file that says what holds without one. */
export function defaultSettingsText(): string {
  const { thresholds } = DEFAULT_SETTINGS;
  const groups = GROUPS.flatMap(({ group, name, settings }) => {
    // Groups of the shape are those of the thresholds.
    const values = thresholds[group as keyof typeof thresholds] as unknown as Readonly<Record<string, Value>>;
    return [
      `${name}:`,
      ...settings.map((each) => `  ${each.name}: ${written(each.setting, values[each.key] ?? [])}`),
    ];
  });
  return `${[`quiet: ${QUIET.write(thresholds.quietMs)}`, 'off: []', 'exceptions: []', ...groups].join('\n')}\n`;
}

function written({ isList, write }: Setting, value: Value): string {
  if (typeof value === 'number') return write(value);
  const items = value.map(write).map((text) => (/^[*?]|:/.test(text) ? `'${text}'` : text));
  return isList ? `[${items.join(', ')}]` : items.join('');
}
