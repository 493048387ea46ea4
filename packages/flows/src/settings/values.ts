export type Value = number | readonly number[] | readonly string[];

/** How a value of the file is read and written. */
export interface Setting {
  /** The file has a list of these. */
  readonly isList: boolean;
  readonly parse: (text: string) => number | string | undefined;
  readonly write: (value: number | string) => string;
  /** What belongs there, for who wrote something else. */
  readonly expected: string;
}

const UNITS_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 } as const;
const UNITS_BYTES = { GiB: 1024 ** 3, MiB: 1024 ** 2, KiB: 1024, B: 1 } as const;

const within = (value: number, least: number, most: number): number | undefined =>
  value >= least && value <= most ? value : undefined;

export const count = (least: number, most: number): Setting => ({
  isList: false,
  parse: (text) => (/^\d{1,9}$/.test(text) ? within(Number(text), least, most) : undefined),
  write: String,
  expected: `a whole number from ${least} to ${most}`,
});

/** A number with a fraction. */
export const amount = (least: number, most: number): Setting => ({
  isList: false,
  parse: (text) => (/^\d{1,6}(?:\.\d{1,6})?$/.test(text) ? within(Number(text), least, most) : undefined),
  write: String,
  expected: `a number from ${least} to ${most}`,
});

export const share: Setting = amount(0, 1);

export const duration = (leastMs: number, mostMs: number): Setting => ({
  isList: false,
  parse: (text) => withUnit(text, UNITS_MS, leastMs, mostMs),
  write: (value) => unitText(Number(value), UNITS_MS),
  expected: `a time from ${unitText(leastMs, UNITS_MS)} to ${unitText(mostMs, UNITS_MS)}, such as \`90s\`, \`5m\`, \`2h\` or \`1d\``,
});

export const size: Setting = {
  isList: false,
  parse: (text) => withUnit(text, UNITS_BYTES, 1, 2 ** 50),
  write: (value) => unitText(Number(value), UNITS_BYTES),
  expected: 'a size such as `500B`, `256KiB`, `100MiB` or `2GiB`',
};

export const ports: Setting = { ...count(1, 65_535), isList: true };

export function texts(isRight: (text: string) => boolean, expected: string): Setting {
  return { isList: true, parse: (text) => (isRight(text) ? text : undefined), write: String, expected };
}

function withUnit(
  text: string,
  units: Readonly<Record<string, number>>,
  least: number,
  most: number,
): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,12}) ?([a-zA-Z]+)$/.exec(text) ?? [];
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  return digits === undefined || factor === undefined
    ? undefined
    : within(Number(digits) * factor, least, most);
}

/** In the largest unit that leaves no rest. */
function unitText(value: number, units: Readonly<Record<string, number>>): string {
  const [unit = '', factor = 1] = Object.entries(units).find(([, each]) => value % each === 0) ?? [];
  return `${value / factor}${unit}`;
}
