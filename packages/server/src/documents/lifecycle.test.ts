import { expect, test } from 'vitest';
import { after, VERSION_STATES, type VersionState, type VersionStep } from './lifecycle.js';

const ALLOWED: readonly [VersionStep, VersionState, VersionState][] = [
  ['submit', 'draft', 'review'],
  ['approve', 'review', 'approved'],
  ['reject', 'review', 'rejected'],
  ['begin', 'approved', 'rolling'],
  ['begin', 'superseded', 'rolling'],
  ['begin', 'rolled-back', 'rolling'],
  ['begin', 'withdrawn', 'rolling'],
  ['settle', 'rolling', 'in-force'],
  ['supersede', 'in-force', 'superseded'],
  ['back', 'rolling', 'rolled-back'],
  ['back', 'in-force', 'rolled-back'],
  ['restore', 'superseded', 'in-force'],
  ['restore', 'withdrawn', 'in-force'],
  ['restore', 'rolled-back', 'in-force'],
  ['withdraw', 'in-force', 'withdrawn'],
];

test.each(ALLOWED)('%s makes a version that is %s %s', (step, from, to) => {
  expect(after(step, 1, from)).toBe(to);
});

const steps = [...new Set(ALLOWED.map(([step]) => step))];
const refused = steps.flatMap((step) =>
  VERSION_STATES.filter((state) => !ALLOWED.some(([s, from]) => s === step && from === state)).map(
    (state) => [step, state] as const,
  ),
);
test.each(refused)('%s is refused for a version that is %s', (step, state) => {
  expect(() => after(step, 7, state)).toThrow(`version 7 is \`${state}\` and cannot be `);
});

test('what nobody approved never comes to a node', () => {
  // Every way from a draft to `rolling` leads through `approved`.
  const reach = (from: VersionState): ReadonlySet<VersionState> => {
    const seen = new Set([from]);
    for (const state of seen)
      for (const [step, before, to] of ALLOWED) if (before === state && step !== 'approve') seen.add(to);
    return seen;
  };
  expect(reach('draft')).toEqual(new Set(['draft', 'review', 'rejected']));
});
