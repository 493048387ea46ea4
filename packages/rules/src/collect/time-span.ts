import type { MapReader } from './map-reader.js';

const UNITS: Readonly<Record<string, number>> = { ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };
/** The longest span anything here may take, 24 hours. */
const MAX_SPAN_NS = 24 * 3600 * 1e9;

/** A time span such as `30s`, in nanoseconds: more than nothing, at most 24 hours. */
export function readSpan(reader: MapReader, key: string): number | undefined {
  const node = reader.required(key);
  if (node === undefined) return undefined;
  const [, digits = '', unit = ''] = /^(\d{1,9})\s*(ms|s|m|h)$/.exec(node.text) ?? [];
  const ns = Number(digits) * (UNITS[unit] ?? 0);
  if (ns > 0 && ns <= MAX_SPAN_NS) return ns;
  const help = `a number with ms, s, m or h, at most 24h: \`${key}: 30s\``;
  return reader.report('RULE_WITHIN', `\`${node.text}\` is not a time span`, help, node.span);
}
