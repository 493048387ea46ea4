import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_EXAMPLES, MAX_OUTPUT_CHARS, type Tallied } from './report.js';
import { addTallied, tallyOne } from './tallying.js';

const tally = (outputs: readonly string[]): Tallied | undefined =>
  outputs.reduce<Tallied | undefined>(
    (sum, text, i) => tallyOne(sum, `2027-01-01T00:00:${10 + i}Z`, text),
    undefined,
  );

test('counting keeps the first, the last and a few that differ', () => {
  const sum = tally(['a', 'a', 'b', 'c', 'd', 'a']);
  expect(sum).toMatchObject({ count: 6, firstOutput: 'a', lastOutput: 'a', examples: ['a', 'b', 'c'] });
});

test('long outputs are cut, visibly', () => {
  const sum = tally(['x'.repeat(MAX_OUTPUT_CHARS + 1)]);
  expect(sum?.firstOutput).toBe(`${'x'.repeat(MAX_OUTPUT_CHARS)}…`);
});

test('adding two counts is counting both, in either order', () => {
  const outputs = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 8 });
  fc.assert(
    fc.property(outputs, outputs, (a, b) => {
      const sum = addTallied(tally(a), tally(b));
      const other = addTallied(tally(b), tally(a));
      expect(sum?.count ?? 0).toBe(a.length + b.length);
      expect(other?.count).toBe(sum?.count);
      expect(other?.firstAt).toBe(sum?.firstAt);
      expect(other?.lastAt).toBe(sum?.lastAt);
      expect(sum?.examples.length ?? 0).toBeLessThanOrEqual(MAX_EXAMPLES);
    }),
  );
});
