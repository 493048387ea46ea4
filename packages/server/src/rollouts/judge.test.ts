import { expect, test } from 'vitest';
import { judge, type NodeView, type StageView } from './judge.js';
import { planSchema, wholePlan } from './plan.js';

const plan = wholePlan(
  planSchema.parse({
    stages: [{ nodes: ['canary'], soakMs: 60_000 }],
    thresholds: { denials: 5, detections: 100, errors: 1 },
  }),
);
const node = (change: Partial<NodeView> = {}): NodeView => ({
  ...{ name: 'canary', isNamed: true, connected: true, standing: 'in-force', why: '', troubles: [] },
  ...{ denials: 0, denialsBefore: 0, detections: 0, detectionsBefore: 0, ...change },
});
const view = (nodes: readonly NodeView[], change: Partial<StageView> = {}): StageView => ({
  ...{ nowMs: 1_000_000, heldAt: 900_000, nodes, ...change },
});

test('a plan ends with all nodes, and lasts there as long as in the stage before', () => {
  expect(plan.stages).toEqual([
    { nodes: ['canary'], soakMs: 60_000 },
    { percent: 100, soakMs: 60_000 },
  ]);
  expect(wholePlan(plan)).toEqual(plan);
  expect(wholePlan({ ...plan, stages: [] }).stages).toEqual([{ percent: 100, soakMs: 0 }]);
});

test.each([
  ['is held once its nodes hold it', view([node()], { heldAt: null }), { next: 'held' }],
  ['goes on after its soak', view([node()]), { next: 'advance' }],
  [
    'waits for the end of its soak',
    view([node()], { heldAt: 970_000 }),
    { next: 'wait', why: '30 s without trouble' },
  ],
  [
    'waits for a node that has not said anything',
    view([node({ standing: 'waiting' })]),
    { next: 'wait', why: '`canary` to hold it' },
  ],
  [
    'waits for a node that was named and is away',
    view([node({ standing: 'waiting', connected: false }), node({ name: 'b' })]),
    { next: 'wait', why: '`canary` to hold it' },
  ],
  [
    'does not wait for others that are away',
    view([node({ standing: 'waiting', connected: false, isNamed: false }), node({ name: 'b' })]),
    { next: 'advance' },
  ],
  ['waits where nobody is there', view([]), { next: 'wait', why: 'a node of the stage to be there' }],
  [
    'goes on with as many denials as are allowed',
    view([node({ denials: 25, denialsBefore: 20 })]),
    { next: 'advance' },
  ],
  [
    'goes back with one more',
    view([node({ denials: 26, denialsBefore: 20 })]),
    {
      next: 'back',
      why: 'node `canary` had 6 denials more than in the same time before, 5 were allowed',
    },
  ],
  [
    'goes back when denials rise while it still waits',
    view([node({ denials: 6 }), node({ name: 'b', standing: 'waiting' })]),
    { next: 'back', why: expect.stringMatching(/had 6 denials more/) },
  ],
  [
    'goes back with a flood of detections',
    view([node({ detections: 101 })]),
    { next: 'back', why: expect.stringMatching(/had 101 detections more/) },
  ],
  ['bears as many errors as are allowed', view([node({ troubles: ['lost records'] })]), { next: 'advance' }],
  [
    'goes back with more errors',
    view([
      node({ standing: 'failed', why: 'a.yaml:1:1: no' }),
      node({ name: 'b', troubles: ['lost records'] }),
    ]),
    {
      next: 'back',
      why: 'node `canary` refused it: a.yaml:1:1: no (and 1 more); 2 errors, 1 were allowed',
    },
  ],
])('a stage %s', (_, seen, wanted) => {
  expect(judge(plan, 0, seen)).toEqual(wanted);
});
