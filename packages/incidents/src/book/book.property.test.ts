import fc from 'fast-check';
import { expect, test } from 'vitest';
import { entriesOf, type Incident } from '../incident/incident.js';
import { INCIDENT_LIMITS as LIMITS } from '../incident/limits.js';
import { type Facts, testSighting } from '../testing/detections.js';
import { IncidentBook } from './book.js';

const MOST = 8;
const TAGS = ['mitre_execution', 'mitre_discovery', 'mitre_impact', 'mitre_persistence', 'T1046', 'x'];

const noise: fc.Arbitrary<Facts> = fc.record({
  container: fc.integer({ min: 0, max: 30 }).map((n) => `c${n}`),
  rule: fc.integer({ min: 0, max: 200 }).map((n) => `rule ${n}`),
  priority: fc.constantFrom('Critical', 'Error', 'Warning', 'Notice', 'Informational'),
  tags: fc.subarray(TAGS),
  pid: fc.integer({ min: 0, max: 400 }),
  exe: fc.constantFrom('/bin/sh', '/usr/bin/curl', '/tmp/x'),
  output: fc.string({ maxLength: 20 }),
  atMs: fc.integer({ min: 0, max: 200_000_000 }),
  count: fc.integer({ min: 2, max: 50 }),
});

const told = (facts: readonly Facts[]): IncidentBook => {
  const book = new IncidentBook({ retention: { most: MOST } });
  for (const each of facts) book.take(testSighting(each));
  return book;
};

const within = (incident: Incident): boolean =>
  incident.timeline.first.length <= LIMITS.timelineFirst &&
  incident.timeline.milestones.length <= LIMITS.timelineMilestones &&
  incident.timeline.last.length <= LIMITS.timelineLast &&
  incident.rules.length <= LIMITS.rules &&
  incident.containers.length <= LIMITS.containers &&
  incident.processes.length <= LIMITS.processes &&
  incident.changes.length <= LIMITS.changes &&
  Object.keys(incident.leftOut.timeline).length <= LIMITS.rules + 1;

test('whatever noisy containers do, in any order, incidents stay few and small, and nothing is uncounted', () => {
  fc.assert(
    fc.property(fc.array(noise, { maxLength: 400 }), (facts) => {
      const book = told(facts);
      const incidents = book.list();
      expect(incidents.length).toBeLessThanOrEqual(MOST);
      for (const incident of incidents) {
        expect(within(incident)).toBe(true);
        const kept = entriesOf(incident).reduce((sum, { count }) => sum + count, 0);
        const left = Object.values(incident.leftOut.timeline).reduce((sum, n) => sum + n, 0);
        expect(kept + left).toBe(incident.count);
      }
    }),
    { numRuns: 60 },
  );
});

test('the same detections give the same incidents, with the same ids', () => {
  fc.assert(
    fc.property(fc.array(noise, { maxLength: 150 }), (facts) => {
      expect(told(facts).list()).toEqual(told(facts).list());
    }),
    { numRuns: 40 },
  );
});

test('severity never falls while an incident grows', () => {
  fc.assert(
    fc.property(fc.array(noise, { maxLength: 150 }), (facts) => {
      const book = new IncidentBook();
      const scores = new Map<string, number>();
      for (const each of facts) {
        const { incident } = book.take(testSighting(each));
        if (incident === undefined) continue;
        expect(incident.score).toBeGreaterThanOrEqual(scores.get(incident.id) ?? 0);
        scores.set(incident.id, incident.score);
      }
    }),
    { numRuns: 40 },
  );
});
