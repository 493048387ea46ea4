import { expect, test } from 'vitest';
import { nodesOf } from './select.js';

const targets = Array.from({ length: 20 }, (_, at) => ({
  id: `id-${at}`,
  name: at === 19 ? 'n-0' : `n-${at}`,
  cluster: at < 5 ? 'shop' : 'bank',
}));
const environmentOf = (cluster: string): string => (cluster === 'shop' ? 'test' : 'prod');
const soakMs = 0;

test('nodes are named by name or id', () => {
  expect(nodesOf({ nodes: ['n-3', 'id-0'], soakMs }, targets, 'd', environmentOf)).toEqual(['id-3', 'id-0']);
});

test.each([
  ['n-99', 'the document is for no node `n-99`'],
  ['n-0', 'there are several nodes `n-0`'],
])('the name %s is refused', (name, message) => {
  expect(() => nodesOf({ nodes: [name], soakMs }, targets, 'd', environmentOf)).toThrow(message);
});

test('clusters and environments are all of their nodes', () => {
  const five = ['id-0', 'id-1', 'id-2', 'id-3', 'id-4'];
  expect(nodesOf({ clusters: ['shop'], soakMs }, targets, 'd', environmentOf)).toEqual(five);
  expect(nodesOf({ environments: ['test'], soakMs }, targets, 'd', environmentOf)).toEqual(five);
});

test('a share is at least one node, the same each time, and others for another document', () => {
  const share = (percent: number, document = 'd') =>
    nodesOf({ percent, soakMs }, targets, document, environmentOf);
  expect(share(0.1)).toHaveLength(1);
  expect(share(50)).toHaveLength(10);
  expect(share(100)).toHaveLength(20);
  expect(share(50)).toEqual(share(50));
  expect(share(50)).toEqual(expect.arrayContaining([...share(10)]));
  expect(share(50)).not.toEqual(share(50, 'other'));
});
