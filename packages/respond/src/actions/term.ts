import { type Located, list, mapped, parsed, type Shape, text } from '@runward/policy/shape';
import { invalidOrder } from '../error.js';

/** One thing an action is told: how it is written, and how it is taken from an order. */
export interface Term<T> {
  /** In playbooks; with dashes an option of the command. */
  readonly word: string;
  readonly doc: string;
  /** For the help of the command: what stands for the value. */
  readonly value: string;
  /** `order`: only there; `command`: there and on the command line, since in a playbook the detection says it. */
  readonly in: 'everywhere' | 'command' | 'order';
  /** Given several times, or as a list. */
  readonly many: boolean;
  /** In playbooks. */
  readonly shape: Shape<unknown>;
  /** One value as it is written; undefined: it is none. */
  readonly parse: (text: string) => unknown;
  readonly expected: string;
  /** @throws RespondError RESPOND_ORDER_INVALID */
  readonly take: (given: unknown, key: string, action: string) => T;
}

export interface TermText {
  readonly word: string;
  readonly doc: string;
  readonly in?: Term<unknown>['in'];
  readonly value?: string;
}

interface NumberTerm extends TermText {
  readonly least: number;
  readonly most: number;
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const BYTES: Readonly<Record<string, number>> = { KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 };
const DAY_MS = 24 * 3_600_000;

const longestText = (ms: number): string =>
  ms < DAY_MS ? `${ms / 60_000} minutes` : `${Math.floor(ms / DAY_MS)} days`;

const spanOf = (written: string): number => {
  const [, amount = '', unit = ''] = /^(\d{1,6}(?:\.\d{1,3})?)(ms|[smhd])$/.exec(written) ?? [];
  return Number(amount) * (UNITS_MS[unit] ?? Number.NaN);
};
const within = (value: number, { least, most }: NumberTerm): number | undefined =>
  value >= least && value <= most ? value : undefined;

/** A number a default stands in for, or nothing does. */
function numeric<T extends number | undefined>(
  given: NumberTerm & { readonly isWhole: boolean; readonly otherwise: T },
  written: Omit<NonNullable<Parameters<typeof scalar>[0]>, keyof TermText>,
): Term<T | number> {
  const { least, most, isWhole, otherwise } = given;
  return {
    ...scalar({ ...given, ...written }),
    take: (value, key) => {
      if (value === undefined) return otherwise;
      if (!(typeof value === 'number' && value >= least && value <= most))
        throw invalidOrder(`\`${key}\` is no number from ${least} to ${most}`);
      if (isWhole && !Number.isInteger(value)) throw invalidOrder(`\`${key}\` is no whole number`);
      return value;
    },
  };
}

interface ScalarText extends TermText {
  readonly what: string;
  readonly help: string;
  readonly parse: (text: string, plain: boolean) => unknown;
  readonly schema: Parameters<typeof parsed>[3];
}

const scalar = ({
  word,
  doc,
  in: place = 'everywhere',
  value = 'N',
  what,
  help,
  parse,
  schema,
}: ScalarText) => ({
  ...{ word, doc, value, in: place, many: false },
  shape: parsed(what, help, parse, schema),
  parse: (written: string) => parse(written, true),
  expected: `${what}: ${help}`,
});

export const time = <T extends number | undefined>(
  given: NumberTerm & { readonly otherwise: T; readonly written?: number },
): Term<T | number> =>
  numeric(
    { ...given, value: 'TIME', isWhole: false },
    {
      what: 'a time such as `30s`, `10m`, `2h`',
      help: `write a number and s, m, h or d; at most ${longestText(given.written ?? given.most)}`,
      parse: (written) => within(spanOf(written), { ...given, most: given.written ?? given.most }),
      schema: { type: 'string', pattern: '^[0-9]{1,6}([.][0-9]{1,3})?(ms|[smhd])$' },
    },
  );

export const size = (given: NumberTerm & { readonly otherwise: number }): Term<number> =>
  numeric(
    { ...given, value: 'SIZE', isWhole: true },
    {
      what: 'a size such as `500MB`',
      help: 'write a number and KB, MB, GB or TB (units of 1024)',
      parse: (written) => {
        const [, amount = '', unit = ''] = /^(\d{1,6})(KB|MB|GB|TB)$/i.exec(written) ?? [];
        return within(Number(amount) * (BYTES[unit.toUpperCase()] ?? Number.NaN), given);
      },
      schema: { type: 'string', pattern: '^[0-9]{1,6}(KB|MB|GB|TB)$' },
    },
  );

export const whole = <T extends number | undefined>(
  given: NumberTerm & { readonly otherwise: T },
): Term<T | number> =>
  numeric(
    { ...given, isWhole: true },
    {
      what: `a whole number from ${given.least} to ${given.most}`,
      help: 'write it without quotes',
      parse: (written, plain) =>
        /^\d{1,9}$/.test(written) && plain ? within(Number(written), given) : undefined,
      schema: { type: 'integer', minimum: given.least, maximum: given.most },
    },
  );

export const fraction = (given: NumberTerm & { readonly what: string }): Term<number | undefined> =>
  numeric<undefined>(
    { ...given, isWhole: false, otherwise: undefined },
    {
      what: given.what,
      help: 'write it without quotes',
      parse: (written, plain) =>
        /^\d{1,4}(?:\.\d{1,3})?$/.test(written) && plain ? within(Number(written), given) : undefined,
      schema: { type: 'number', minimum: given.least, maximum: given.most },
    },
  );

export const oneOf = <const W extends string>(
  given: TermText & { readonly words: readonly W[]; readonly otherwise: W; readonly refusal: string },
): Term<W> => {
  const { words, otherwise, refusal } = given;
  const help = `use ${words.map((word) => `\`${word}\``).join(' or ')}`;
  const known = (value: unknown): W | undefined => words.find((word) => word === value);
  return {
    ...scalar({
      ...{ value: words.join('|'), ...given, what: `one of ${words.join(', ')}`, help },
      parse: known,
      schema: { type: 'string', enum: [...words] },
    }),
    take: (value = otherwise) => {
      const word = known(value);
      if (word !== undefined) return word;
      throw invalidOrder(`\`${String(value)}\` ${refusal}`, help);
    },
  };
};

interface TextsTerm extends TermText {
  readonly what: string;
  readonly most: number;
  readonly longest: number;
  /** What is wrong with one; ''. */
  readonly objection?: (text: string) => string;
}

export const texts = (given: TextsTerm): Term<readonly string[]> => {
  const {
    word,
    doc,
    in: place = 'everywhere',
    value = 'TEXT',
    what,
    most,
    longest,
    objection = () => '',
  } = given;
  const sound = (written: unknown): written is string =>
    typeof written === 'string' && written.length <= longest;
  return {
    ...{ word, doc, in: place, value, many: true, expected: what },
    shape: mapped(list(text({ what, maxLength: longest }), most), (found: readonly Located[]) =>
      found.map((each) => each.text),
    ),
    parse: (written) => (sound(written) ? written : undefined),
    take: (all = [], key) => {
      if (!Array.isArray(all) || all.length > most || !all.every(sound))
        throw invalidOrder(`\`${key}\` is no list of at most ${most} texts`);
      for (const each of all) {
        const wrong = objection(each);
        if (wrong !== '') throw invalidOrder(`\`${each}\` is no ${key}: ${wrong}`, `write ${what}`);
      }
      return all;
    },
  };
};

/** One text. */
export const word = <T extends string | undefined>(
  given: TermText & {
    readonly what: string;
    readonly longest: number;
    readonly otherwise: T;
    readonly pattern: RegExp;
  },
): Term<T | string> => {
  const { what, longest, otherwise, pattern } = given;
  const known = (written: unknown): string | undefined =>
    typeof written === 'string' && written.length <= longest && pattern.test(written) ? written : undefined;
  return {
    ...scalar({
      ...{ value: 'NAME', ...given, help: `write ${what}` },
      parse: known,
      schema: { type: 'string', maxLength: longest, pattern: pattern.source },
    }),
    take: (value, key) => {
      if (value === undefined) return otherwise;
      const found = known(value);
      if (found === undefined) throw invalidOrder(`\`${String(value)}\` is no ${key}`, `write ${what}`);
      return found;
    },
  };
};

/** A term that nothing stands in for. */
export const needed = <T>(term: Term<T | undefined>): Term<T> => ({
  ...term,
  take: (given, key, action) => {
    const value = term.take(given, key, action);
    if (value === undefined) throw invalidOrder(`\`${action}\` needs \`${key}\``);
    return value;
  },
});
