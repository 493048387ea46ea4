import type { FieldValue } from '@runward/events';
import fc from 'fast-check';
import { lookUpField } from '../check/field-lookup.js';
import type { Operator } from '../lex/operators.js';
import type { Expression, FieldOperand } from '../resolve/expression.js';
import { ExpressionFactory } from '../resolve/expression-factory.js';
import type { FactView } from './fact-catalogue.js';
import { directoryOf, tinyCatalogue } from './tiny-catalogue.js';

/** Few distinct values, so that generated rules and events meet. */
const TYPES = ['open', 'openat', 'execve', 'connect'] as const;
const TEXTS = ['sh', 'bash', '/etc/shadow', '/etc', '/ETC/x/y', 'a b', '', 'x=1,y', 'it"s', 'b\\c'] as const;
const PATTERNS = [
  '*',
  '/etc/*',
  '?h',
  '*/*a*',
  '[a-s]*',
  '[!s]?',
  'sh',
  '\\*',
  '*s*h*',
  '[[:alpha:]]*',
  '[]x]*',
  '*[![:digit:]]',
] as const;
const REGEXES = ['sh', '.*sh', '/etc/.+', '[a-z]+', '(a|b).*'] as const;
const NUMBERS = ['-1', '0', '1', '3', '22', '0x10', '5000000000', '9007199254740993'] as const;
const IPS = ['10.0.0.1', '127.0.0.1', '8.8.8.8', '2001:db8::1', '::1'] as const;
const NETS = [...IPS, '10.0.0.0/8', '127.0.0.0/8', '0.0.0.0/0', '2001:db8::/32', '192.168.0.0/16'] as const;

const texts = fc.constantFrom(...TEXTS);
const numbers = fc.constantFrom<(number | bigint)[]>(
  -1,
  0,
  1,
  3,
  16,
  22,
  5n,
  5_000_000_000,
  9007199254740993n,
);

/** Facts of one event; each may be missing. */
export const events: fc.Arbitrary<FactView> = fc
  .record(
    {
      'evt.rawres': numbers,
      'evt.is_open_write': fc.boolean(),
      'evt.arg[flags]': texts,
      'evt.buffer': fc.constantFrom(...['cafe', 'xcafey', ''].map((t) => new TextEncoder().encode(t))),
      'proc.name': texts,
      'proc.pname': texts,
      'proc.aname': fc.array(texts, { maxLength: 3 }),
      'proc.duration': numbers,
      'fd.name': texts,
      'fd.num': numbers,
      'fd.ip': fc.array(fc.constantFrom(...IPS), { maxLength: 2 }),
      'fd.sip': fc.constantFrom(...IPS),
      'fd.types': fc.array(texts, { maxLength: 3 }),
      'fd.sport': numbers,
      'container.id': fc.constantFrom('host', 'abc'),
    } satisfies Record<string, fc.Arbitrary<FieldValue>>,
    { requiredKeys: [] },
  )
  .chain((facts) =>
    fc
      .record({ type: fc.constantFrom(...TYPES), num: fc.constantFrom(1, 2, 7n), isFile: fc.boolean() })
      .map(({ type, num, isFile }) => ({
        ...facts,
        ...(isFile && facts['fd.name'] !== undefined
          ? { 'fd.directory': directoryOf(facts['fd.name']) }
          : {}),
        'evt.type': type,
        'evt.num': num,
      })),
  );

export interface CheckSeed {
  readonly field: string;
  readonly argument: string | undefined;
  readonly operator: Operator;
  readonly values: readonly string[];
  readonly exactlyOne: boolean;
  readonly right: string | undefined;
}

const some = (values: readonly string[], max = 4): fc.Arbitrary<readonly string[]> =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: max });

const seed = (
  fields: readonly string[],
  operators: readonly Operator[],
  values: fc.Arbitrary<readonly string[]>,
): fc.Arbitrary<CheckSeed> =>
  fc
    .record({
      field: fc.constantFrom(...fields),
      operator: fc.constantFrom(...operators),
      values,
      one: fc.boolean(),
    })
    .map(({ field: written, operator, values: all, one }) => {
      const [, field = '', argument] = /^([^[]*)(?:\[(.*)\])?$/.exec(written) ?? [];
      const several =
        operator === 'in' || operator === 'intersects' || operator === 'pmatch' || SEVERAL.has(operator);
      const kept = operator === 'exists' ? [] : several ? all : all.slice(0, 1);
      const exactlyOne = one && kept.length > 1 && SEVERAL.has(operator);
      return { field, argument, operator, values: kept, exactlyOne, right: undefined };
    });

const SEVERAL: ReadonlySet<Operator> = new Set([
  'contains',
  'startswith',
  'endswith',
  'glob',
  'iglob',
  'regex',
  'icontains',
]);
const STRINGS = [
  'proc.name',
  'proc.pname',
  'fd.name',
  'fd.directory',
  'evt.arg[flags]',
  'proc.aname',
  'proc.aname[1]',
  'fd.types',
  'container.id',
];

export const checks: fc.Arbitrary<CheckSeed> = fc.oneof(
  seed(['evt.type'], ['=', '!=', 'in', 'startswith'], some(TYPES)),
  seed(
    STRINGS,
    ['=', '!=', 'in', 'contains', 'icontains', 'startswith', 'endswith', 'pmatch', 'exists'],
    some([...TEXTS, 'host']),
  ),
  seed(['fd.types', 'proc.aname'], ['intersects'], some(TEXTS)),
  seed(STRINGS, ['glob', 'iglob'], some(PATTERNS)),
  seed(STRINGS, ['regex'], some(REGEXES)),
  seed(
    ['evt.rawres', 'fd.num', 'proc.duration', 'fd.sport'],
    ['=', '!=', '<', '<=', '>', '>=', 'in', 'exists'],
    some(NUMBERS),
  ),
  seed(['evt.is_open_write'], ['=', '!=', 'in'], some(['true', 'false'])),
  seed(['fd.ip', 'fd.sip'], ['=', '!=', 'in', 'exists'], some(NETS)),
  seed(['evt.buffer'], ['bcontains', 'bstartswith'], some(['63616665', '78'])),
  seed(['evt.num'], ['=', '>=', '<'], some(['0', '1', '2'])),
  fc
    .record({
      field: fc.constantFrom('proc.name', 'proc.aname', 'fd.types'),
      operator: fc.constantFrom('=' as const, '!=' as const),
      // Of a value that stands there twice `oneof` counts both.
      values: fc.array(fc.constantFrom(...TEXTS), { minLength: 2, maxLength: 4 }),
    })
    .map((parts) => ({ ...parts, argument: undefined, exactlyOne: true, right: undefined })),
  seed(['proc.name', 'fd.name'], ['<', '<=', '>', '>='], some(NUMBERS, 1)),
  fc.constantFrom<CheckSeed>(
    {
      field: 'proc.name',
      argument: undefined,
      operator: '=',
      values: [],
      exactlyOne: false,
      right: 'proc.pname',
    },
    {
      field: 'proc.aname',
      argument: undefined,
      operator: '!=',
      values: [],
      exactlyOne: false,
      right: 'proc.name',
    },
    {
      field: 'fd.name',
      argument: undefined,
      operator: 'startswith',
      values: [],
      exactlyOne: false,
      right: 'proc.name',
    },
    {
      field: 'fd.num',
      argument: undefined,
      operator: '>=',
      values: [],
      exactlyOne: false,
      right: 'evt.rawres',
    },
  ),
);

export type Shape = CheckSeed | { readonly join: 'and' | 'or' | 'not'; readonly terms: readonly Shape[] };

export const shapes: fc.Arbitrary<Shape> = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    checks,
    fc.record({
      join: fc.constantFrom('and' as const, 'or' as const),
      terms: fc.array(tie('shape'), { minLength: 1, maxLength: 4 }),
    }),
    fc.record({ join: fc.constant('not' as const), terms: tie('shape').map((t) => [t]) }),
  ),
})).shape;

export function build(shape: Shape, factory: ExpressionFactory): Expression {
  if (!('join' in shape)) {
    const { field, argument, operator, values, exactlyOne, right } = shape;
    return factory.check({
      ...{ left: operand(field, argument), operator, values, exactlyOne },
      right: right === undefined ? undefined : operand(right, undefined),
    });
  }
  const terms = shape.terms.map((term) => build(term, factory));
  if (shape.join === 'not') return factory.not(terms[0] ?? factory.false);
  return shape.join === 'and' ? factory.and(terms) : factory.or(terms);
}

function operand(name: string, argument: string | undefined): FieldOperand {
  const found = lookUpField(tinyCatalogue, name, argument);
  if ('code' in found) throw new Error(found.message);
  const key = argument === undefined ? name : `${name}[${argument}]`;
  return { kind: 'field', key, ...found };
}

/** One to six conditions over one factory, as the rules of a set are. */
export const conditionSets: fc.Arbitrary<readonly Expression[]> = fc
  .array(shapes, { minLength: 1, maxLength: 6 })
  .map((all) => {
    const factory = new ExpressionFactory();
    return all.map((shape) => build(shape, factory));
  });
