import type { MapReader } from './map-reader.js';

export type Override = 'append' | 'replace';

/** The `override` key: which keys of an earlier item are appended to or replaced. Undefined after an error. */
export function readOverride(
  reader: MapReader,
  appendable: ReadonlySet<string>,
  replaceable: ReadonlySet<string>,
): ReadonlyMap<string, Override> | undefined {
  const node = reader.node('override');
  if (node === undefined) return new Map();
  if (node.kind !== 'map') {
    return reader.report(
      'RULE_OVERRIDE',
      '`override` must be a mapping of keys to append or replace',
      '',
      node.span,
    );
  }
  const result = new Map<string, Override>();
  let ok = true;
  for (const [key, { value, keySpan }] of node.entries) {
    const how = value.kind === 'scalar' ? value.text : '';
    const allowed = how === 'append' ? appendable : how === 'replace' ? replaceable : undefined;
    if (allowed === undefined) {
      ok = false;
      reader.report(
        'RULE_OVERRIDE',
        `\`${how}\` is not a way to override \`${key}\``,
        'append or replace',
        value.span,
      );
    } else if (!allowed.has(key)) {
      ok = false;
      const help = how === 'append' && replaceable.has(key) ? 'use `replace`' : '';
      const verb = how === 'append' ? 'appended to' : 'replaced';
      reader.report('RULE_OVERRIDE', `\`${key}\` cannot be ${verb}`, help, keySpan);
    } else if (how === 'append' || how === 'replace') {
      result.set(key, how);
    }
  }
  return ok ? result : undefined;
}
