import { type EventView, RwOpenClause, RwOpenFact, RwSettings } from '@runward/events';
import { fieldValue, testView } from '@runward/events/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ALL_OPENS,
  compileOpenInterest,
  type InterestClause,
  type InterestLiteral,
  isKernelTestable,
  type OpenAsk,
  sketchIndex,
  writeOpenInterest,
} from './open-interest.js';

const literal = (
  field: string,
  operator: string,
  values: readonly string[],
  extra: Partial<InterestLiteral> = {},
): InterestLiteral => ({ field, argument: undefined, operator, values, negated: false, ...extra });
const WRITE = literal('evt.is_open_write', 'in', ['true']);
const READ = literal('evt.is_open_read', 'in', ['true']);
const WORKED = literal('fd.num', '>=', ['0']);
const FAILED = literal('fd.num', 'in', ['-1']);
const TRUNC = literal('evt.arg', 'contains', ['O_TRUNC'], { argument: 'flags' });
const DOTS = literal('fd.nameraw', 'contains', ['../']);
const isNot = (l: InterestLiteral): InterestLiteral => ({ ...l, negated: true });

/** Computed once by rw_sketch_index of bpf/hooks/open.h, compiled for the machine. */
const GOLDEN: readonly (readonly [string, number])[] = [
  ['a', 128],
  ['etc', 3596],
  ['passwd', 31],
  ['shadow', 2053],
  ['kubelet', 623],
  ['seven77', 749],
  ['eight888', 2298],
  ['nine99999', 2937],
  ['authorized_keys', 2745],
  ['docker.sock', 4060],
  ['é', 1241],
  ['ｆｕｌｌｗｉｄｔｈ', 1430],
  ['..', 2301],
  ['.bash_history', 333],
  ['x'.repeat(255), 4089],
  ['id_rsa', 964],
  ['id_rsb', 2156],
];

test.each(GOLDEN)('`%s` has the place in the sketches the kernel looks at', (name, index) => {
  expect(sketchIndex(name)).toBe(index);
});

/** As asked by one rule, so that clauses may be joined. */
const asks = (container: readonly InterestClause[], host: readonly InterestClause[] = []): OpenAsk[] => [
  ...container.map((clause) => ({ clause, scope: 1 as const, source: undefined, fate: 0 })),
  ...host.map((clause) => ({ clause, scope: 2 as const, source: undefined, fate: 0 })),
];

interface Open {
  readonly path: string;
  readonly raw: string;
  readonly flags: number;
  readonly failed: boolean;
}
const viewOf = (open: Open): EventView =>
  testView({
    type: 'openat',
    paths: [open.path],
    rawPaths: [open.raw],
    fd: open.failed ? -1 : 3,
    result: open.failed ? -13 : 3,
    openFlags: open.flags,
    objectKind: 'file',
  });

/** What bpf/hooks/open.h does with the settings, on plain data. */
function kernelSends(settings: DataView, open: Open, scope: 1 | 2): boolean {
  const word = (at: number): number => settings.getUint32(at, true);
  const access = open.flags & 3;
  let facts = access === 0 || access === 2 ? RwOpenFact.RW_O_READ : 0;
  facts |= access !== 0 ? RwOpenFact.RW_O_WRITE : 0;
  facts |= open.failed ? RwOpenFact.RW_O_FAILED : 0;
  facts |= open.flags & 0o1000 ? RwOpenFact.RW_O_TRUNC : 0;
  facts |= open.flags & 0o100 ? RwOpenFact.RW_O_CREAT : 0;
  facts |= open.raw.includes('..') ? RwOpenFact.RW_O_DOTDOT : 0;
  if (word(RwSettings.open_all) !== 0) return true;
  const parts = open.path.split('/').filter((part) => part !== '');
  const bits = (table: number, name: string): number => word(table + 4 * sketchIndex(name));
  const groups = (): number => {
    const [leaf, parent] = [parts.at(-1), parts.at(-2)];
    if (open.failed || leaf === undefined || parent === undefined) return 0xffff_ffff;
    const near = bits(RwSettings.leaf_sketch, leaf) | bits(RwSettings.parent_sketch, parent);
    const top = word(RwSettings.open_wants_top) === 0 ? 0 : bits(RwSettings.top_sketch, parts[0] ?? '');
    return near | top;
  };
  for (let i = 0; i < word(RwSettings.open_clause_count); i += 1) {
    const at = RwSettings.open_clauses + i * RwOpenClause.size;
    if ((word(at + RwOpenClause.scope) & scope) === 0) continue;
    if ((facts & word(at + RwOpenClause.mask)) !== word(at + RwOpenClause.want)) continue;
    const group = word(at + RwOpenClause.group);
    if (group === 0 || (groups() & group) !== 0) return true;
  }
  return false;
}

function settingsFor(
  container: readonly InterestClause[],
  host: readonly InterestClause[] = [],
  before: DataView = new DataView(new ArrayBuffer(RwSettings.size)),
): DataView {
  writeOpenInterest(before, compileOpenInterest(asks(container, host)), () => undefined);
  return before;
}

function holds(l: InterestLiteral, view: EventView): boolean {
  const value = fieldValue(view, l.argument === undefined ? l.field : `${l.field}.${l.argument}`);
  const text = String(value);
  const compare = (wanted: string): boolean => {
    if (l.operator === 'in') return text === wanted;
    if (l.operator === 'startswith') return text.startsWith(wanted);
    if (l.operator === 'contains') return text.includes(wanted);
    if (l.operator === 'endswith') return text.endsWith(wanted);
    if (l.operator === 'glob')
      return new RegExp(`^${wanted.replace(/\./g, '\\.').replace(/\*/g, '.*')}$`).test(text);
    return Number(text) >= Number(wanted);
  };
  return (value !== undefined && l.values.some(compare)) !== l.negated;
}

const part = fc.constantFrom('etc', 'root', '.ssh', 'passwd', 'id_rsa', 'tmp', 'ä', '..x', 'authorized_keys');
const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`);
const values = (one: fc.Arbitrary<string>): fc.Arbitrary<string[]> =>
  fc.array(one, { minLength: 1, maxLength: 3 });
const truth = fc.constantFrom('true', 'false').map((v) => [v]);
const literals: fc.Arbitrary<InterestLiteral> = fc
  .oneof(
    values(fc.oneof(path, fc.constant('/'))).map((v) => literal('fd.name', 'in', v)),
    values(
      fc.oneof(
        path,
        path.map((p) => `${p}/`),
      ),
    ).map((v) => literal('fd.name', 'startswith', v)),
    values(fc.oneof(path, fc.constant('/'))).map((v) => literal('fd.directory', 'in', v)),
    values(part).map((v) => literal('fd.filename', 'in', v)),
    values(fc.oneof(path, part)).map((v) => literal('fd.name', 'endswith', v)),
    values(
      fc.oneof(
        path.map((p) => `${p}/*`),
        path.map((p) => `${p}*`),
        part.map((p) => `/*/${p}`),
      ),
    ).map((v) => literal('fd.name', 'glob', v)),
    truth.map((v) => literal('evt.is_open_write', 'in', v)),
    truth.map((v) => literal('evt.is_open_read', 'in', v)),
    fc.constantFrom(WORKED, FAILED, TRUNC, DOTS, literal('fd.nameraw', 'contains', ['..', 'x'])),
  )
  .chain((l) => fc.boolean().map((negated) => ({ ...l, negated })));
const clauses = fc.array(fc.array(literals, { maxLength: 4 }), { maxLength: 5 });
const open: fc.Arbitrary<Open> = fc.record({
  path,
  raw: fc.constantFrom('x', '../x', '/etc/passwd', 'a/../../b'),
  flags: fc.constantFrom(0, 1, 2, 3, 0o101, 0o1001, 0o1102, 0o2000),
  failed: fc.boolean(),
});

describe('what the kernel is asked to test', () => {
  test('never hides an open for which all literals of a clause hold', () => {
    let held = 0;
    fc.assert(
      fc.property(clauses, clauses, open, fc.constantFrom<1 | 2>(1, 2), (container, host, event, scope) => {
        const view = viewOf(event);
        const own = scope === 1 ? container : host;
        if (!own.some((clause) => clause.every((l) => holds(l, view)))) return;
        held += 1;
        expect(kernelSends(settingsFor(container, host), event, scope)).toBe(true);
      }),
      { numRuns: 2000 },
    );
    expect(held).toBeGreaterThan(300);
  });

  test('is the same whatever stood in the settings before', () => {
    fc.assert(
      fc.property(clauses, clauses, open, (first, second, event) => {
        const used = settingsFor(second, [], settingsFor(first));
        expect(kernelSends(used, event, 1)).toBe(kernelSends(settingsFor(second), event, 1));
      }),
    );
  });

  const passwd: Open = { path: '/etc/passwd', raw: 'passwd', flags: 0, failed: false };
  const name = literal('fd.name', 'in', ['/etc/passwd']);
  test.each<[string, InterestClause[], Partial<Open>, boolean]>([
    ['no clause', [], {}, false],
    ['a clause without literals', [[]], {}, true],
    ['the path', [[name]], {}, true],
    ['another name in the folder', [[name]], { path: '/etc/shells' }, false],
    [
      'another folder below the same top',
      [[literal('fd.directory', 'in', ['/etc/ssl'])]],
      { path: '/etc/a/b' },
      false,
    ],
    ['below the prefix', [[literal('fd.name', 'startswith', ['/etc/'])]], { path: '/etc/a/b' }, true],
    ['beside the prefix', [[literal('fd.name', 'startswith', ['/etc/'])]], { path: '/usr/a/b' }, false],
    ['a read where writes are asked for', [[WRITE]], {}, false],
    ['a write where writes are asked for', [[WRITE]], { flags: 1 }, true],
    ['a read where no write is asked for', [[isNot(WRITE)]], {}, true],
    ['a failure where success is asked for', [[WORKED]], { failed: true }, false],
    ['a failure where failures are asked for', [[FAILED, name]], { failed: true, path: '/x/y' }, true],
    ['dots where they are asked for', [[DOTS]], { raw: '../etc/passwd' }, true],
    ['no dots where they are asked for', [[DOTS]], {}, false],
    ['a truncating open', [[TRUNC]], { flags: 0o1001 }, true],
    ['an open that does not truncate', [[TRUNC]], { flags: 1 }, false],
    [
      'a file at the root, whose folder has no name',
      [[literal('fd.filename', 'in', ['b'])]],
      { path: '/a' },
      true,
    ],
  ])('%s', (_, wanted, event, sent) => {
    expect(kernelSends(settingsFor(wanted), { ...passwd, ...event }, 1)).toBe(sent);
  });

  test('clauses for containers say nothing about the host', () => {
    const settings = settingsFor([[]], [[WRITE]]);
    expect([kernelSends(settings, passwd, 1), kernelSends(settings, passwd, 2)]).toEqual([true, false]);
  });
});

describe('compiling', () => {
  test('a clause that contradicts itself is dropped', () => {
    expect(compileOpenInterest(asks([[WRITE, isNot(WRITE)]])).clauses).toEqual([]);
    expect(compileOpenInterest(asks([[WORKED, FAILED], [READ]])).clauses).toHaveLength(1);
  });

  test('clauses that differ in paths alone become one', () => {
    const to = (name: string): InterestClause => [WRITE, literal('fd.filename', 'in', [name])];
    const { clauses: compiled } = compileOpenInterest(asks([to('a'), to('b')]));
    expect(compiled).toMatchObject([{ group: { leaves: ['a', 'b'] } }]);
    expect(compileOpenInterest(asks([to('a'), [WRITE], to('b')])).clauses).toMatchObject([
      { group: undefined },
    ]);
  });

  test('more clauses than the kernel has room for become one that is always true', () => {
    const facts = [WRITE, READ, WORKED, TRUNC];
    // Every subset of the facts, with the negation of the first two where they are left out: distinct tests.
    const many = Array.from(
      { length: 16 },
      (_, i): InterestClause => [
        ...facts.filter((__, bit) => (i >> bit) & 1),
        ...[WRITE, READ].filter((__, bit) => ((i >> bit) & 1) === 0).map(isNot),
      ],
    );
    const apart = (all: OpenAsk[]): OpenAsk[] => all.map((ask, fate) => ({ ...ask, fate }));
    expect(compileOpenInterest(apart(asks(many))).clauses).toHaveLength(16);
    const { clauses } = compileOpenInterest(apart(asks(many, [[DOTS]])));
    expect(clauses).toMatchObject(ALL_OPENS.clauses.map(({ sources: _, ...clause }) => clause));
    writeOpenInterest(new DataView(new ArrayBuffer(RwSettings.size)), ALL_OPENS, () => undefined);
  });

  test('while the clauses are replaced every open is sent', () => {
    const settings = settingsFor([[WRITE]]);
    const read = { path: '/tmp/a/b', raw: 'b', flags: 0, failed: false };
    const seen: boolean[] = [];
    writeOpenInterest(settings, compileOpenInterest([]), () => seen.push(kernelSends(settings, read, 1)));
    expect([...seen, kernelSends(settings, read, 1)]).toEqual([true, false]);
  });

  test('clauses are kept apart where a process may rule out the one and not the other', () => {
    const leaf = (name: string): InterestClause => [WRITE, literal('fd.filename', 'in', [name])];
    const two = asks([leaf('a'), leaf('b'), [WRITE]]).map((ask, i) => ({ ...ask, fate: i, source: i }));
    expect(compileOpenInterest(two).clauses.map((c) => c.sources)).toEqual([[0], [1], [2]]);
    const joined = compileOpenInterest(two.map((ask) => ({ ...ask, fate: 0 })));
    expect(joined.clauses.map((c) => c.group)).toEqual([undefined]);
  });

  test.each([
    [WRITE, true],
    [literal('fd.name', 'in', ['/etc/passwd', '/etc/shadow']), true],
    [literal('fd.name', 'in', ['/etc/passwd', 'relative']), false],
    [literal('fd.name', 'startswith', ['/etc']), false],
    [literal('fd.name', 'endswith', ['/passwd', 'etc/shadow']), true],
    [literal('fd.name', 'endswith', ['/passwd', 'shadow']), false],
    [literal('fd.name', 'endswith', ['/etc/']), false],
    [literal('fd.name', 'glob', ['/home/*/.ssh/*', '/proc/*/environ']), true],
    [literal('fd.name', 'glob', ['/h*/x']), false],
    [literal('fd.name', 'glob', ['/proc*']), false],
    [literal('fd.name', 'glob', ['*/environ']), false],
    [literal('proc.name', 'in', ['cat']), false],
    [literal('fd.nameraw', 'contains', ['../', 'x']), false],
    [isNot(literal('fd.name', 'in', ['/etc/passwd'])), false],
  ])('%j can be tested in the kernel: %s', (l, testable) => {
    expect(isKernelTestable(l)).toBe(testable);
  });
});
