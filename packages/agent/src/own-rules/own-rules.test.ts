import type { Detection } from '@runward/detect';
import { fieldCatalogue } from '@runward/events';
import { loadRules } from '@runward/rules';
import { expect, test } from 'vitest';
import { TOUCH_RULE } from '../attest/touch.js';
import { OwnEars, ownRulesFile } from './own-rules.js';

test('the rules of the agent itself are rules without fault', () => {
  const files = ownRulesFile([
    TOUCH_RULE,
    { name: 'a "quoted" name', condition: 'evt.type = open and fd.name startswith "/a \\"b"' },
  ]);
  const { value, diagnostics } = loadRules(files, { catalogue: fieldCatalogue });
  expect(diagnostics).toEqual([]);
  expect(value?.rules.map(({ name }) => name)).toEqual([
    'runward itself: confinement touched',
    'runward itself: a "quoted" name',
  ]);
});

test('what they match is heard, and told to nobody else; the rest is both', () => {
  const ears = new OwnEars();
  // Of a detection nothing but the rule is looked at.
  const items = ['runward itself: x', 'Other'].map((rule) => ({ rule }) as Detection);
  expect(ears.take(items)).toEqual([items[1]]);
  const heard: string[] = [];
  ears.hear(({ rule }) => heard.push(rule));
  expect(ears.take(items)).toEqual([items[1]]);
  expect(heard).toEqual(['runward itself: x', 'Other']);
});
