import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lookUpField } from '../check/field-lookup.js';
import { compileFilter } from '../compile/filter.js';
import { interpret } from '../interpret/interpreter.js';
import { ExpressionFactory } from '../resolve/expression-factory.js';
import { conditionSets, events } from '../testing/arbitraries.js';
import type { FactView } from '../testing/fact-catalogue.js';
import { tinyCatalogue as catalogue } from '../testing/tiny-catalogue.js';
import type { Atom, InterestClause, InterestLiteral } from './clause.js';
import { MAX_CLAUSES } from './clause-set.js';
import { interestOf } from './interest.js';

const factory = new ExpressionFactory();

function literalHolds(
  { field, argument, operator, values, negated }: InterestLiteral,
  event: FactView,
): boolean {
  const found = lookUpField(catalogue, field, argument === undefined ? undefined : String(argument));
  if ('code' in found) throw new Error(found.message);
  const left = { kind: 'field', key: `${field}[${argument}]`, ...found } as const;
  return interpret(factory.check({ left, operator, values }), event, catalogue) !== negated;
}

const holds = (clauses: readonly InterestClause[], event: FactView): boolean =>
  clauses.some((clause) => clause.every((literal) => literalHolds(literal, event)));

describe('interestOf', () => {
  it('holds for every event that a condition matches, whatever the kernel can test', () => {
    const kernel = fc.func<[Atom], boolean>(fc.boolean());
    fc.assert(
      fc.property(
        conditionSets,
        kernel,
        fc.array(events, { maxLength: 6 }),
        (conditions, isKernelAtom, all) => {
          for (const event of all) {
            const clauses = interestOf(conditions, String(event['evt.type']), isKernelAtom);
            expect(clauses.length).toBeLessThanOrEqual(MAX_CLAUSES);
            if (conditions.some((c) => interpret(c, event, catalogue)))
              expect(holds(clauses, event)).toBe(true);
          }
        },
      ),
      { numRuns: 1500 },
    );
  });

  it.each([
    ['evt.type=open and fd.name=/a', ['fd.name in /a']],
    ['evt.type=open and (fd.name=/a or fd.name in (/b, /c))', ['fd.name in /a,/b,/c']],
    ['evt.type=open and fd.name=/a and proc.name=x', ['fd.name in /a']],
    ['evt.type=open and (fd.name=/a or proc.name=x)', ['']],
    ['evt.type=open and not proc.name=x and not fd.name startswith /a', ['!fd.name startswith /a']],
    ['evt.type=open and fd.name=/a and not fd.name in (/a, /b)', []],
    ['evt.type=open and fd.name in (/a, /b) and not fd.name=/a', ['fd.name in /b']],
    [
      'evt.type=open and evt.is_open_write != true and fd.num=0x1',
      ['evt.is_open_write in false & fd.num in 1'],
    ],
    ['evt.type=open and fd.types=a and fd.types in (a)', ['fd.types = a & fd.types in a']],
    ['evt.type=close and fd.name=/a', []],
    ['evt.num=0', []],
  ])('of `%s` on an open is %j', (condition, expected) => {
    const { value } = compileFilter(condition, catalogue);
    const isKernelAtom = ({ field }: Atom): boolean => field !== 'proc.name';
    const clauses = interestOf(value === undefined ? [] : [value.condition], 'open', isKernelAtom);
    const show = ({ negated, field, operator, values }: InterestLiteral): string =>
      `${negated ? '!' : ''}${field} ${operator} ${values.join(',')}`;
    expect(clauses.map((clause) => clause.map(show).join(' & '))).toEqual(expected);
  });

  it('may assume that events come from containers, or from the host', () => {
    fc.assert(
      fc.property(conditionSets, events, fc.boolean(), (conditions, facts, container) => {
        const event: FactView = { ...facts, 'container.id': container ? 'abc' : 'host' };
        const clauses = interestOf(conditions, String(event['evt.type']), () => true, {
          assume: { container },
        });
        if (conditions.some((c) => interpret(c, event, catalogue))) expect(holds(clauses, event)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
