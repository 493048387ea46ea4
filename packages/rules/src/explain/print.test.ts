import { SourceText } from '@runward/yaml';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reporter } from '../diagnostics/reporter.js';
import { Resolver } from '../resolve/resolver.js';
import { build, shapes } from '../testing/arbitraries.js';
import { tinyCatalogue } from '../testing/tiny-catalogue.js';
import { printCondition } from './print.js';

const empty = { lists: new Map(), macros: new Map(), rules: new Map() };

describe('printCondition', () => {
  it('writes text that reads back as the same condition', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const resolver = new Resolver(empty, tinyCatalogue, new Reporter());
        const condition = build(shape, resolver.factory);
        fc.pre(condition.kind !== 'constant');
        const text = printCondition(condition);
        const again = resolver.condition(SourceText.plain(text, ''), '');
        expect([...(again?.problems ?? [])]).toEqual([]);
        expect(again?.expression).toBe(condition);
      }),
      { numRuns: 1000 },
    );
  });

  it('stops at its limit where shared parts would make the text explode', () => {
    const resolver = new Resolver(empty, tinyCatalogue, new Reporter());
    const { factory } = resolver;
    const first = resolver.condition(SourceText.plain('proc.name = a', ''), '')?.expression ?? factory.false;
    const other = resolver.condition(SourceText.plain('proc.name = b', ''), '')?.expression ?? factory.false;
    let node = first;
    for (let i = 0; i < 200; i++) node = factory.or([factory.and([node, other]), factory.not(node)]);
    expect(printCondition(node, 10_000).length).toBeLessThan(10_002);
  });
});
