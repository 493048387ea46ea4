import { describe, expect, test } from 'vitest';
import type { MapEdge, MapNode } from '../api/network.js';
import { placesOf } from './layout.js';

const node = (id: string) => ({ id }) as MapNode; // all that is looked at
const edge = (client: string, server: string) => ({ client, server }) as MapEdge;
const columns = (nodes: readonly string[], ...edges: readonly MapEdge[]) => {
  const places = [...placesOf(nodes.map(node), edges)];
  const xs = [...new Set(places.map(([, { x }]) => x))].toSorted((a, b) => a - b);
  return xs.map((x) => places.filter(([, place]) => place.x === x).map(([id]) => id));
};

describe('the places of a map', () => {
  test('are columns from who only asks to who only serves', () => {
    const edges = [edge('web', 'api'), edge('api', 'db'), edge('batch', 'db'), edge('web', 'web')];
    expect(columns(['db', 'api', 'web', 'batch'], ...edges)).toEqual([['batch', 'web'], ['api'], ['db']]);
  });

  test('end where there is no first', () => {
    expect(columns(['a', 'b', 'c'], edge('a', 'b'), edge('b', 'c'), edge('c', 'a')).flat()).toHaveLength(3);
  });

  test('are none twice', () => {
    const nodes = Array.from({ length: 40 }, (_, at) => node(`n${at}`));
    const places = [...placesOf(nodes, [edge('n0', 'n1')]).values()].map(({ x, y }) => `${x} ${y}`);
    expect(new Set(places).size).toBe(40);
  });
});
