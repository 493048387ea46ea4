import type { ServiceMap } from '@runward/flows';

export interface PlacedNode {
  readonly id: string;
  readonly x: number;
  readonly y: number;
}

export const NODE = { width: 190, height: 44, columnGap: 170, rowGap: 26, margin: 16 } as const;

/**
 * Columns from who only asks to who only serves. A circle of services has no first: what is left is placed by the fewest
 * unplaced clients.
 */
export function columnsOf({ nodes, edges }: ServiceMap): readonly (readonly string[])[] {
  const left = new Set(nodes.map(({ id }) => id));
  const links = edges.filter(({ client, server }) => client !== server);
  const columns: string[][] = [];
  while (left.size > 0) {
    const waits = (id: string): number =>
      links.filter(({ client, server }) => server === id && left.has(client)).length;
    const counted = [...left].map((id) => ({ id, clients: waits(id) }));
    const fewest = Math.min(...counted.map(({ clients }) => clients));
    const next = counted.filter(({ clients }) => clients === fewest).map(({ id }) => id);
    const column = fewest === 0 ? next : next.slice(0, 1);
    columns.push(column.toSorted());
    for (const id of column) left.delete(id);
  }
  return columns;
}

export function placeNodes(map: ServiceMap): {
  readonly places: ReadonlyMap<string, PlacedNode>;
  readonly width: number;
  readonly height: number;
} {
  const columns = columnsOf(map);
  const places = new Map<string, PlacedNode>();
  const rows = Math.max(1, ...columns.map((column) => column.length));
  const height = 2 * NODE.margin + rows * (NODE.height + NODE.rowGap) - NODE.rowGap;
  for (const [i, column] of columns.entries()) {
    const own = column.length * (NODE.height + NODE.rowGap) - NODE.rowGap;
    for (const [k, id] of column.entries())
      places.set(id, {
        id,
        x: NODE.margin + i * (NODE.width + NODE.columnGap),
        y: (height - own) / 2 + k * (NODE.height + NODE.rowGap),
      });
  }
  const width = 2 * NODE.margin + columns.length * (NODE.width + NODE.columnGap) - NODE.columnGap;
  return { places, width, height };
}
