import { type Detection, NO_NOISE_CONTROL } from '@runward/detect';
import { fieldCatalogue } from '@runward/events';
import { testContainer } from '@runward/events/testing';
import { testFlow } from '@runward/flows/testing';
import { loadRules, type Rule } from '@runward/rules';
import { expect, test } from 'vitest';
import { FlowRules } from './flow-rules.js';
import type { FlowSight } from './flow-service.js';

const TEXT = `
- rule: Database asked
  desc: d
  source: flow
  condition: flow.direction = egress and fd.sport = 5432
  output: '%container.name asked %flow.peer.name %fd.rip.name'
  priority: WARNING
`;
const rules = (): readonly Rule[] =>
  loadRules([{ name: 'r.yaml', text: TEXT }], { catalogue: fieldCatalogue }).value?.flowRules ?? [];

const sight = (facts: Partial<FlowSight> = {}): FlowSight => ({
  ...{ key: 'k', policyKey: 'k', flow: testFlow(), container: testContainer({ name: 'web' }) },
  names: { namesOf: () => ['db.test'] },
  ...facts,
});

function setUp(host: boolean) {
  const told: string[] = [];
  let tell: ((sights: readonly FlowSight[]) => void) | undefined;
  const service = {
    followSights: (take: (sights: readonly FlowSight[]) => void) => {
      tell = take;
      return () => {
        tell = undefined;
      };
    },
  };
  const take = (found: readonly Detection[]): void => void told.push(...found.map(({ output }) => output));
  const watch = new FlowRules(service, { hostname: 'n', host, noise: NO_NOISE_CONTROL, take });
  return {
    told,
    watch,
    tell: (...sights: FlowSight[]) => tell?.(sights),
    isFollowed: () => tell !== undefined,
  };
}

test('rules about flows are told of containers, with names, once', () => {
  const { told, watch, tell } = setUp(false);
  watch.use(rules());
  tell(sight(), sight());
  tell(
    sight({
      key: 'host',
      flow: testFlow({ self: { kind: 'host', name: 'host', address: '' } }),
      container: undefined,
    }),
  );
  expect(told).toEqual(['web asked db (db.test)']);
  watch.close();
});

test('of the host where it is asked for, and of nobody who is not known yet', () => {
  const { told, watch, tell } = setUp(true);
  watch.use(rules());
  tell(
    sight({ flow: testFlow({ self: { kind: 'host', name: 'host', address: '' } }), container: undefined }),
  );
  tell(
    sight({
      key: 'x',
      flow: testFlow({ self: { kind: 'external', name: '?', address: '' } }),
      container: undefined,
    }),
  );
  expect(told).toEqual(['host asked db (db.test)']);
  watch.close();
});

test('nothing is followed while no rule is about flows', () => {
  const { watch, isFollowed } = setUp(false);
  expect(isFollowed()).toBe(false);
  watch.use(rules());
  expect(isFollowed()).toBe(true);
  watch.use([]);
  expect(isFollowed()).toBe(false);
  watch.close();
});
