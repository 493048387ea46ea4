import { expect, test } from 'vitest';
import { stageOf } from './plan.js';

test.each([
  ['nodes=web-1,web-2:10m', { nodes: ['web-1', 'web-2'], soakMs: 600_000 }],
  ['percent=10:1h', { percent: 10, soakMs: 3_600_000 }],
  ['percent=0.5:30s', { percent: 0.5, soakMs: 30_000 }],
  ['clusters=shop:2h', { clusters: ['shop'], soakMs: 7_200_000 }],
  ['environments=dev,test:1s', { environments: ['dev', 'test'], soakMs: 1000 }],
])('`--stage %s` is a stage', (text, wanted) => {
  expect(stageOf(text)).toEqual(wanted);
});

test.each([
  '',
  'nodes',
  'nodes=a',
  'nodes=:1m',
  'percent=0:1m',
  'percent=101:1m',
  'percent=x:1m',
  'label=a:1m',
  'nodes=a:never',
])('`--stage %s` is refused', (text) => {
  expect(() => stageOf(text)).toThrow(/--stage/);
});
