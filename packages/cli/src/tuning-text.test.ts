import type { Tuning } from '@runward/detect';
import { expect, it } from 'vitest';
import { tuningJson, tuningText } from './tuning-text.js';

const tuning: Tuning = {
  rules: [{ kind: 'rule', name: 'A\u001b[31m', detections: 9, suggestions: [], after: 9 }],
  unknown: new Map([['Gone', 2]]),
  ...{ patch: '', before: 9, after: 9, diagnostics: [] },
};

it('says before and after per rule, and what is not loaded, without control characters', () => {
  const text = tuningText(tuning);
  expect(text).toMatch(/^BEFORE\s+AFTER\s+RULE\s*\n9\s+9\s+A\\x1b\[31m\s+nothing in common\n/);
  expect(text).toContain('2 detections of `Gone`, which is not loaded');
  expect(text).toContain('runward: 9 detections, 9 of them left with the patch\n');
});

it('is JSON for machines', () => {
  expect(JSON.parse(tuningJson(tuning))).toMatchObject({
    unknown: { Gone: 2 },
    before: 9,
    after: 9,
    patch: '',
  });
});
