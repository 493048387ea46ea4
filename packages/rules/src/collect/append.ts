import type { MapReader } from './map-reader.js';

export function readAppend(reader: MapReader): boolean {
  const append = reader.boolean('append') ?? false;
  if (append) {
    const help = 'name the key under `override` instead, for instance `override: { condition: append }`';
    reader.report('RULE_DEPRECATED', '`append` is deprecated', help, reader.keySpan('append'));
  }
  return append;
}

export function bothWays(reader: MapReader): undefined {
  const message = '`append` and `override` cannot be used together';
  return reader.report('RULE_OVERRIDE', message, 'keep only `override`', reader.keySpan('override'));
}

export function noPrevious(reader: MapReader, kind: string, name: string): void {
  const message = `no ${kind} \`${name}\` exists to append to or override`;
  const help = 'define it before, in this file or an earlier one';
  reader.report('RULE_NO_PREVIOUS', message, help);
}
