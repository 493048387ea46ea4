import type { MapEdge, MapNode, ServiceMap } from '@runward/flows';
import { describe, expect, test } from 'vitest';
import { mapHtml } from './map-html.js';
import { columnsOf, placeNodes } from './map-layout.js';
import { mapDot, mapTable } from './map-text.js';

const node = (id: string): MapNode => ({
  ...{ id, label: id, kind: 'container', containers: [id], images: [], namespace: '', serves: [] },
});
const edge = (client: string, server: string, facts: Partial<MapEdge> = {}): MapEdge => ({
  ...{ client, server, protocol: 'tcp', port: 80, services: [], seenBy: 'both', connections: 4, open: 1 },
  ...{
    failures: 0,
    refused: 0,
    timedOut: 0,
    unreachable: 0,
    resets: 0,
    bytesToServer: 10,
    bytesToClient: 2048,
  },
  ...{ connectionRate: 0.5, failureRate: 0, byteRate: 0, lastActiveMs: 0 },
  ...facts,
});
const chain: ServiceMap = {
  nodes: ['web', 'api', 'db'].map(node),
  edges: [edge('web', 'api', { failures: 1 }), edge('api', 'db')],
};
const HOSTILE = '<b>"\u001b[2Jx\\';
const hostile: ServiceMap = { nodes: [node(HOSTILE)], edges: [edge(HOSTILE, HOSTILE, { path: HOSTILE })] };

test('the table has rates and the share that failed', () => {
  const lines = mapTable(chain, (_, text) => text).split('\n');
  expect(lines[1]).toMatch(/^web +api +tcp\/80 +4 +0\.5\/s +1 +1 \(25 %\) +- +10 B +2\.0 KB/);
});

test('what policies said is in every form', () => {
  const policy = { allowed: 4, denied: 2, wouldDeny: 1, lastDeniedMs: 1 };
  const denied: ServiceMap = { nodes: chain.nodes, edges: [edge('web', 'db', { connections: 0, policy })] };
  const words = '2 denied, 1 would be denied, 4 allowed';
  expect(mapTable(denied, (style, text) => `${style} ${text}`).split('\n')[1]).toMatch(
    new RegExp(`^yellow web .* ${words}`),
  );
  expect(mapDot(denied)).toContain(`"web" -> "db" [label="tcp/80 0.5/s (${words})", color=red];`);
  const page = mapHtml(denied, 'Who', new Date(0));
  expect(page).toContain(`<td class="bad">${words}</td>`);
  expect(page).toContain('<path class="bad"');
});

test('for Graphviz names are quoted', () => {
  expect(mapDot(chain)).toContain('"web" -> "api" [label="tcp/80 0.5/s errors 1 (25 %)", color=red];');
  expect(mapDot(hostile)).toContain(String.raw`"<b>\"\\x1b[2Jx\\" [label=`);
});

test('no name a container chose acts in the page, or is missing from it', () => {
  const page = mapHtml(hostile, 'Who', new Date(0));
  expect(page).not.toContain('<b>');
  expect(page).not.toContain('\u001b');
  expect(page).toContain('&lt;b&gt;&quot;\\x1b[2Jx');
  expect(mapHtml(chain, 'Who', new Date(0)).match(/marker-end/g)).toHaveLength(2);
});

describe('the drawing', () => {
  test('goes from who asks to who serves', () => {
    expect(columnsOf(chain)).toEqual([['web'], ['api'], ['db']]);
  });

  test('places circles, and those that ask themselves, once each', () => {
    const circle: ServiceMap = {
      nodes: ['a', 'b', 'c'].map(node),
      edges: [edge('a', 'b'), edge('b', 'a'), edge('c', 'c')],
    };
    const { places, width, height } = placeNodes(circle);
    expect([...places.keys()].toSorted()).toEqual(['a', 'b', 'c']);
    for (const { x, y } of places.values()) {
      expect(x).toBeLessThan(width);
      expect(y).toBeLessThan(height);
    }
  });
});
