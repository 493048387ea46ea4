import { expect, test } from 'vitest';
import { coversTechnique } from './attack.js';

test.each([
  [['runward', 'T1611'], 'T1611', true],
  [['t1611'], 'T1611', true],
  [['T1059.004'], 'T1059', true],
  [['T1059'], 'T1059.004', true],
  [['T1059.006'], 'T1059.004', false],
  [['T1610'], 'T1611', false],
  [['mitre_execution'], 'T1611', false],
  [[], 'T1611', false],
])('tags %j against %s: %j', (tags, technique, covered) => {
  expect(coversTechnique(tags, technique)).toBe(covered);
});
