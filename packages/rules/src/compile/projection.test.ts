import fc from 'fast-check';
import { expect, it } from 'vitest';
import { interpret } from '../interpret/interpreter.js';
import type { CheckExpression } from '../resolve/expression.js';
import { ExpressionFactory } from '../resolve/expression-factory.js';
import { build, events, shapes } from '../testing/arbitraries.js';
import { tinyCatalogue as catalogue } from '../testing/tiny-catalogue.js';
import { projections } from './projection.js';

const nameOf = ({ left }: CheckExpression): string => (left.kind === 'field' ? left.name : '');

it('rules out no event that a condition matches, whichever fields are looked at', () => {
  const fields = fc.subarray([...catalogue.keys()]);
  fc.assert(
    fc.property(fc.array(shapes, { minLength: 1, maxLength: 4 }), fields, events, (all, seen, event) => {
      const factory = new ExpressionFactory();
      const conditions = all.map((shape) => build(shape, factory));
      const implied = projections(conditions, factory, (check) =>
        check.right === undefined && seen.includes(nameOf(check)) ? 'known' : 'unknown',
      );
      for (const [i, condition] of conditions.entries())
        if (interpret(condition, event, catalogue))
          expect(interpret(implied[i] ?? factory.false, event, catalogue)).toBe(true);
    }),
    { numRuns: 1500 },
  );
});

it('counts on no field that may be missing', () => {
  fc.assert(
    fc.property(shapes, events, (shape, event) => {
      const factory = new ExpressionFactory();
      const condition = build(shape, factory);
      const [implied = factory.false] = projections([condition], factory, (check) =>
        check.right === undefined && nameOf(check) === 'fd.name' ? 'may-be-missing' : 'unknown',
      );
      // Decided while the field was there, remembered, and met again without it.
      const { 'fd.name': name, ...without } = event;
      if (interpret(condition, without, catalogue)) expect(interpret(implied, event, catalogue)).toBe(true);
      expect(name === undefined || typeof name === 'string').toBe(true);
    }),
    { numRuns: 1500 },
  );
});

it('is exact where all fields are known', () => {
  fc.assert(
    fc.property(shapes, events, (shape, event) => {
      const factory = new ExpressionFactory();
      const condition = build(shape, factory);
      const [implied = factory.false] = projections([condition], factory, () => 'known');
      expect(interpret(implied, event, catalogue)).toBe(interpret(condition, event, catalogue));
    }),
    { numRuns: 300 },
  );
});
