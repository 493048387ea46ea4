import { expect, test } from 'vitest';
import { IncidentBook } from '../book/book.js';
import { type Facts, testSighting } from '../testing/detections.js';

const LOOK: Facts = { rule: 'Look', priority: 'Notice', tags: ['mitre_discovery'] };

// Base of the most urgent rule, 8 per further stage, 4 per further rule, 6 for a second container.
test.each([
  ['one notice', [{}], 25, 'low'],
  ['the same a hundred times', [{ count: 101 }], 25, 'low'],
  ['two rules of one stage', [{}, { rule: 'Other' }], 29, 'low'],
  ['two stages by two rules', [{}, LOOK], 37, 'medium'],
  ['an error', [{ priority: 'Error' }], 60, 'high'],
  ['an error, another stage', [{ priority: 'Error' }, LOOK], 72, 'high'],
  ['a critical one', [{ priority: 'Critical' }], 80, 'critical'],
  ['an emergency cannot grow', [{ priority: 'Emergency' }, LOOK], 100, 'critical'],
  [
    'two replicas',
    [
      { container: 'a', name: 'w', pod: 'w-0' },
      { container: 'b', name: 'w', pod: 'w-1' },
    ],
    31,
    'low',
  ],
] as const)('%s', (_, facts: readonly Facts[], score, severity) => {
  const book = new IncidentBook();
  for (const each of facts) book.take(testSighting(each));
  expect(book.list()).toMatchObject([{ score, severity }]);
});
