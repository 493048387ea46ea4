import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeProfiles } from './merge.js';
import { arbitraryProfile } from './testing/arbitrary-profile.js';

const normal = (profile: unknown): unknown => JSON.parse(JSON.stringify(profile));

test('merging is commutative, associative and idempotent', () => {
  fc.assert(
    fc.property(arbitraryProfile, arbitraryProfile, arbitraryProfile, (a, b, c) => {
      expect(normal(mergeProfiles(a, b))).toEqual(normal(mergeProfiles(b, a)));
      expect(normal(mergeProfiles(mergeProfiles(a, b), c))).toEqual(
        normal(mergeProfiles(a, mergeProfiles(b, c))),
      );
      const merged = mergeProfiles(a, b);
      expect(normal(mergeProfiles(merged, merged))).toEqual(normal(merged));
      expect(normal(mergeProfiles(merged, b))).toEqual(normal(merged));
    }),
    { numRuns: 200 },
  );
});

test('a merge has everything either profile has', () => {
  fc.assert(
    fc.property(arbitraryProfile, arbitraryProfile, (a, b) => {
      const merged = mergeProfiles(a, b);
      for (const file of a.files) {
        const found = merged.files.find((f) => f.path === file.path);
        expect(found?.operations).toEqual(expect.arrayContaining([...file.operations]));
        expect(found?.count).toBeGreaterThanOrEqual(file.count);
      }
      for (const container of a.coverage.containers ?? [])
        expect(merged.coverage.containers?.map((c) => c.id)).toContain(container.id);
    }),
    { numRuns: 100 },
  );
});
