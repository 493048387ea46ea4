import type { MapEdge, MapNode } from '../api/network.js';

export const NODE_WIDTH = 190;
const NODE_HEIGHT = 46;
const COLUMN_GAP = 150;
const ROW_GAP = 22;

export interface Place {
  readonly x: number;
  readonly y: number;
}

/**
 * Columns from who only asks to who only serves. A circle of services has no first: what is left is placed by the fewest
 * unplaced clients.
 */
function columnsOf(nodes: readonly MapNode[], edges: readonly MapEdge[]): readonly (readonly string[])[] {
  const clients = new Map(nodes.map(({ id }) => [id, new Set<string>()]));
  for (const { client, server } of edges) if (client !== server) clients.get(server)?.add(client);
  const columns: (readonly string[])[] = [];
  while (clients.size > 0) {
    const fewest = Math.min(...[...clients.values()].map(({ size }) => size));
    const next = [...clients].filter(([, waits]) => waits.size === fewest).map(([id]) => id);
    const column = (fewest === 0 ? next : next.slice(0, 1)).toSorted();
    columns.push(column);
    for (const id of column) clients.delete(id);
    for (const waits of clients.values()) for (const id of column) waits.delete(id);
  }
  return columns;
}

export function placesOf(nodes: readonly MapNode[], edges: readonly MapEdge[]): ReadonlyMap<string, Place> {
  const columns = columnsOf(nodes, edges);
  const tallest = Math.max(1, ...columns.map(({ length }) => length));
  return new Map(
    columns.flatMap((column, at) =>
      column.map((id, row) => [
        id,
        {
          x: at * (NODE_WIDTH + COLUMN_GAP),
          y: (row + (tallest - column.length) / 2) * (NODE_HEIGHT + ROW_GAP),
        },
      ]),
    ),
  );
}
