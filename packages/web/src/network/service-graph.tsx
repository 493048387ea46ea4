import '@xyflow/react/dist/style.css';
import { Text, useComputedColorScheme } from '@mantine/core';
import {
  Background,
  BaseEdge,
  type Edge,
  type EdgeProps,
  getBezierPath,
  Handle,
  MarkerType,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
} from '@xyflow/react';
import { useMemo } from 'react';
import type { MapEdge, MapNode, ServiceMap } from '../api/network.js';
import { NODE_WIDTH, placesOf } from './layout.js';
import { portText, SHOWN, VERDICTS } from './verdicts.js';

type GraphNode = Node<{ readonly node: MapNode }, 'end'>;
type GraphEdge = Edge<{ readonly edges: readonly MapEdge[]; readonly shiftPx: number }, 'shifted'>;

/** More than that nobody reads in a picture. */
const MOST_NODES = 250;
const MOST_PORTS = 3;
const KINDS: Readonly<Record<MapNode['kind'], string>> = {
  container: 'workload',
  host: 'host',
  service: 'service',
  external: 'outside',
};

function End({ data: { node } }: NodeProps<GraphNode>) {
  const isOurs = node.kind === 'container';
  return (
    <div
      style={{
        ...{
          width: NODE_WIDTH,
          padding: '4px 8px',
          borderRadius: 4,
          background: 'var(--mantine-color-body)',
        },
        border: `1px ${isOurs ? 'solid' : 'dashed'} var(--mantine-color-dimmed)`,
      }}
    >
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <Text size="sm" fw={600} truncate title={node.label}>
        {node.label}
      </Text>
      <Text size="xs" c="dimmed" truncate>
        {KINDS[node.kind]}
        {node.containers.length > 1 ? ` of ${node.containers.length}` : ''}
      </Text>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}
const NODE_TYPES = { end: End };
const SHIFT_PX = 18;

/** Beside the others between the same two ends. */
function Shifted({ data, sourceX, sourceY, targetX, targetY, label, ...rest }: EdgeProps<GraphEdge>) {
  const shift = data?.shiftPx ?? 0;
  const [path, labelX, labelY] = getBezierPath({
    ...{ sourceX, targetX, sourceY: sourceY + shift, targetY: targetY + shift },
    ...{ sourcePosition: Position.Right, targetPosition: Position.Left },
  });
  const { style = {}, markerEnd = '', labelStyle = {}, labelBgStyle = {}, interactionWidth = 20 } = rest;
  return (
    <BaseEdge
      {...{ path, label, labelX, labelY, style, markerEnd, labelStyle, labelBgStyle, interactionWidth }}
    />
  );
}
const EDGE_TYPES = { shifted: Shifted };

const labelOf = (edges: readonly MapEdge[]): string => {
  const ports = edges.map(portText);
  const more = ports.length - MOST_PORTS;
  return ports.slice(0, MOST_PORTS).join(', ') + (more > 0 ? ` and ${more} more` : '');
};

/** Those of most connections, with what is between them. */
function busiest({ nodes, edges }: ServiceMap): Pick<ServiceMap, 'nodes' | 'edges'> {
  if (nodes.length <= MOST_NODES) return { nodes, edges };
  const weight = new Map<string, number>();
  for (const { client, server, connections, policy } of edges)
    for (const id of [client, server])
      weight.set(id, (weight.get(id) ?? 0) + connections + 1000 * (policy?.denied ?? 0));
  const kept = nodes
    .toSorted((a, b) => (weight.get(b.id) ?? 0) - (weight.get(a.id) ?? 0))
    .slice(0, MOST_NODES);
  const ids = new Set(kept.map(({ id }) => id));
  return { nodes: kept, edges: edges.filter(({ client, server }) => ids.has(client) && ids.has(server)) };
}

interface GraphProps {
  readonly map: ServiceMap;
  readonly chosen: string | undefined;
  readonly choose: (edge: MapEdge) => void;
}

/** The map as a picture. For who does not see it, or has no pointer, the table beside it has the same. */
export function ServiceGraph({ map, chosen, choose }: GraphProps) {
  const scheme = useComputedColorScheme('light');
  const shown = useMemo(() => busiest(map), [map]);
  const nodes = useMemo((): GraphNode[] => {
    const places = placesOf(shown.nodes, shown.edges);
    return shown.nodes.map((node) => ({
      ...{ id: node.id, type: 'end', data: { node }, position: places.get(node.id) ?? { x: 0, y: 0 } },
      ...{ draggable: false, selectable: false },
    }));
  }, [shown]);
  const edges = useMemo((): GraphEdge[] => {
    const pairs = Map.groupBy(shown.edges, ({ client, server }) => `${client} ${server}`);
    return [...pairs].flatMap(([pair, between]) => {
      const verdicts = SHOWN.filter((verdict) => between.some((edge) => edge.verdict === verdict));
      return verdicts.flatMap((verdict, at): GraphEdge[] => {
        const all = between.filter((edge) => edge.verdict === verdict);
        const [first] = all;
        if (first === undefined) return [];
        const { colour, dash } = VERDICTS[verdict];
        const strokeWidth = all.some((edge) => edge.id === chosen) ? 4 : 2;
        return [
          {
            ...{ id: `${pair} ${verdict}`, type: 'shifted', source: first.client, target: first.server },
            data: { edges: all, shiftPx: (at - (verdicts.length - 1) / 2) * SHIFT_PX },
            style: { stroke: colour, strokeWidth, ...(dash === '' ? {} : { strokeDasharray: dash }) },
            markerEnd: { type: MarkerType.ArrowClosed, color: colour },
            ...{ label: labelOf(all), interactionWidth: SHIFT_PX },
            labelStyle: { fill: 'var(--mantine-color-text)', fontSize: 11 },
            labelBgStyle: { fill: 'var(--mantine-color-body)' },
          },
        ];
      });
    });
  }, [shown, chosen]);
  const left = map.nodes.length - shown.nodes.length;
  return (
    <>
      <div
        role="img"
        aria-label={`Service map: ${map.nodes.length} ends, ${map.edges.length} connections between them; the table below has each`}
        style={{ height: 'min(46vh, 460px)', border: '1px solid var(--mantine-color-default-border)' }}
      >
        <ReactFlow
          key={nodes.map(({ id }) => id).join(' ')}
          {...{ nodes, edges }}
          nodeTypes={NODE_TYPES}
          edgeTypes={EDGE_TYPES}
          colorMode={scheme}
          fitView
          fitViewOptions={{ maxZoom: 1 }}
          minZoom={0.1}
          nodesFocusable={false}
          edgesFocusable={false}
          nodesConnectable={false}
          disableKeyboardA11y
          proOptions={{ hideAttribution: true }}
          onEdgeClick={(_, { data }) => {
            const [first] = data?.edges ?? [];
            if (first !== undefined) choose(first);
          }}
        >
          <Background />
        </ReactFlow>
      </div>
      {left > 0 && (
        <Text size="sm" c="dimmed">
          {left} ends with fewer connections are not drawn; the table has them.
        </Text>
      )}
    </>
  );
}
