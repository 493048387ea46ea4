import { Group, Select, Stack, Table, Text } from '@mantine/core';
import type { MapEdge, MapNode, ServiceMap } from '../api/network.js';
import { When } from '../parts/when.js';
import { ChangePolicy } from './change-policy.js';
import { bytesText, modeWords, portText, VerdictBadge } from './verdicts.js';

interface DetailsProps {
  readonly map: ServiceMap;
  readonly edge: MapEdge;
  readonly choose: (edge: MapEdge) => void;
}

export function labelOf(map: ServiceMap, id: string): string {
  return map.nodes.find((node) => node.id === id)?.label ?? id;
}

function failuresOf({ failures, refused, timedOut, unreachable, resets }: MapEdge): string {
  const parts = [
    ...[`${refused} refused`, `${timedOut} timed out`, `${unreachable} unreachable`],
    `${Math.max(0, failures - refused - timedOut - unreachable)} given up`,
  ].filter((part) => !part.startsWith('0 '));
  const reset = resets > 0 ? `; ${resets} reset when they were open` : '';
  return `${failures}${parts.length > 0 ? ` (${parts.join(', ')})` : ''}${reset}`;
}

/** Everything between two ends at one port, and the way to a policy about it. */
export function EdgeDetails({ map, edge, choose }: DetailsProps) {
  const among = map.edges.filter(({ client, server }) => client === edge.client && server === edge.server);
  const node = (id: string): MapNode | undefined => map.nodes.find((each) => each.id === id);
  const rows: readonly (readonly [string, React.ReactNode])[] = [
    ['Verdict', <VerdictBadge key="verdict" verdict={edge.verdict} />],
    ['Policy at the client', modeWords(edge.clientMode)],
    ['Policy at the server', modeWords(edge.serverMode)],
    ['Connections', edge.connections],
    ['Failures', failuresOf(edge)],
    [
      'Denied, would be denied',
      edge.policy === null ? '–' : `${edge.policy.denied}, ${edge.policy.wouldDeny}`,
    ],
    ['To the server', bytesText(edge.bytesToServer)],
    ['To the client', bytesText(edge.bytesToClient)],
    ['Asked for', edge.services.join(', ') || '–'],
    [
      'Containers',
      [...(node(edge.client)?.containers ?? []), ...(node(edge.server)?.containers ?? [])].join(', '),
    ],
    ['Counted at', edge.seenBy === 'both' ? 'both ends' : `the ${edge.seenBy}`],
    ['First', <When key="first" ms={edge.firstMs} />],
    ['Last', <When key="last" ms={edge.lastActiveMs} />],
  ];
  return (
    <Stack>
      <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
        {labelOf(map, edge.client)} to {labelOf(map, edge.server)}
      </Text>
      <Group>
        <Select
          label="Port"
          size="xs"
          allowDeselect={false}
          data={among.map((each) => ({ value: each.id, label: portText(each) }))}
          value={edge.id}
          onChange={(id) => {
            const found = among.find((each) => each.id === id);
            if (found !== undefined) choose(found);
          }}
        />
      </Group>
      <Table variant="vertical" withTableBorder verticalSpacing={3}>
        <Table.Tbody>
          {rows.map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th w={180}>{name}</Table.Th>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <ChangePolicy key={edge.id} {...{ map, edge }} />
    </Stack>
  );
}
