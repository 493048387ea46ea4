import { type Parsed, UsageError } from './command.js';

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const UNITS_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
  TB: 1024 ** 4,
};

function quantity(
  args: Parsed,
  name: string,
  units: Readonly<Record<string, number>>,
  help: string,
): number | undefined {
  const text = args.text(name);
  if (text === undefined) return undefined;
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([a-zA-Z]+)$/.exec(text) ?? [];
  const known = Object.keys(units).find((u) => u.toLowerCase() === unit.replace(/i?b$/i, 'b').toLowerCase());
  const value = Math.round(Number(amount) * (units[known ?? ''] ?? Number.NaN));
  if (!Number.isSafeInteger(value) || value <= 0) {
    throw new UsageError(`\`--${name} ${text}\` is not understood`, help);
  }
  return value;
}

/** A time such as `90s`, `10m`, `1h`, in milliseconds; undefined when it is not given. */
export const durationOption = (args: Parsed, name: string): number | undefined =>
  quantity(args, name, UNITS_MS, 'write a number and a unit: `30s`, `10m`, `2h`');

/** A size such as `500MB` or `1GB` (units of 1024), in bytes; undefined when it is not given. */
export const sizeOption = (args: Parsed, name: string): number | undefined =>
  quantity(args, name, UNITS_BYTES, 'write a number and a unit: `500MB`, `1GB`');

/** `1.5 GB`, in units of 1024. */
export function sizeText(bytes: number): string {
  const [unit = 'B', factor = 1] = Object.entries(UNITS_BYTES).findLast(([, size]) => bytes >= size) ?? [];
  return `${(bytes / factor).toFixed(unit === 'B' ? 0 : 1)} ${unit}`;
}
