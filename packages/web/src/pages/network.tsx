import { Drawer, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type MapEdge, type ServiceMap, useMap } from '../api/network.js';
import { EdgeDetails, labelOf } from '../network/edge-details.js';
import { ServiceGraph } from '../network/service-graph.js';
import { bytesText, modeWords, portText, SHOWN, VERDICTS, VerdictBadge } from '../network/verdicts.js';
import { Asked, Nothing } from '../parts/asked.js';
import { type Column, Rows } from '../parts/rows.js';
import { PageTitle } from '../parts/title.js';
import { When } from '../parts/when.js';

const HOUR_MS = 3_600_000;
export const SPANS = {
  '15m': { label: 'last 15 minutes', ms: HOUR_MS / 4 },
  '1h': { label: 'last hour', ms: HOUR_MS },
  '1d': { label: 'last day', ms: 24 * HOUR_MS },
  '7d': { label: 'last week', ms: 7 * 24 * HOUR_MS },
} as const;
export type Span = keyof typeof SPANS;
export const isSpan = (value: unknown): value is Span =>
  typeof value === 'string' && Object.hasOwn(SPANS, value);

const columnsOf = (map: ServiceMap): readonly Column<MapEdge>[] => [
  { head: 'From', width: '15%', cell: ({ client }) => labelOf(map, client) },
  { head: 'To', width: '15%', cell: ({ server }) => labelOf(map, server) },
  { head: 'Port', width: '90px', cell: portText },
  { head: 'Verdict', width: '125px', cell: ({ verdict }) => <VerdictBadge verdict={verdict} /> },
  { head: 'At client', width: '85px', cell: ({ clientMode }) => modeWords(clientMode) },
  { head: 'At server', width: '95px', cell: ({ serverMode }) => modeWords(serverMode) },
  {
    head: 'Connections',
    width: '120px',
    cell: ({ connections, failures }) =>
      failures === 0 ? connections : `${connections} (${failures} failed)`,
  },
  { head: 'Bytes', width: '80px', cell: (edge) => bytesText(edge.bytesToServer + edge.bytesToClient) },
  { head: 'Last', cell: ({ lastActiveMs }) => <When ms={lastActiveMs} /> },
];

function Legend() {
  return (
    <Group
      gap="md"
      component="ul"
      p={0}
      m={0}
      style={{ listStyle: 'none' }}
      aria-label="Strokes of the picture"
    >
      {SHOWN.map((verdict) => (
        <Group gap={6} key={verdict} component="li">
          <svg width={28} height={8} aria-hidden="true">
            <line
              {...{ x1: 0, x2: 28, y1: 4, y2: 4, stroke: VERDICTS[verdict].colour, strokeWidth: 3 }}
              strokeDasharray={VERDICTS[verdict].dash || undefined}
            />
          </svg>
          <Text size="xs">{VERDICTS[verdict].words}</Text>
        </Group>
      ))}
    </Group>
  );
}

export function Network() {
  const search = useSearch({ from: '/network' });
  const navigate = useNavigate();
  const { span = '1h', cluster, namespace, edge: chosen, verdict } = search;
  const map = useMap(SPANS[span].ms, { cluster, namespace });
  const set = (change: Partial<typeof search>): void =>
    void navigate({ to: '/network', search: { ...search, ...change }, replace: true });
  const choose = (edge: MapEdge): void => set({ edge: edge.id });
  return (
    <>
      <PageTitle>Network</PageTitle>
      <Group gap="xs" mb="xs" align="end">
        <Select
          label="Period"
          size="xs"
          w={150}
          allowDeselect={false}
          data={Object.entries(SPANS).map(([value, { label }]) => ({ value, label }))}
          value={span}
          onChange={(value) => set({ span: isSpan(value) ? value : undefined })}
        />
        <Select
          label="Verdict"
          size="xs"
          w={150}
          clearable
          data={SHOWN.map((value) => ({ value, label: VERDICTS[value].words }))}
          value={verdict ?? null}
          onChange={(value) => set({ verdict: SHOWN.find((each) => each === value) })}
        />
        {(['cluster', 'namespace'] as const).map((name) => (
          <TextInput
            key={name}
            label={name === 'cluster' ? 'Cluster' : 'Namespace'}
            size="xs"
            w={140}
            value={search[name] ?? ''}
            onChange={(event) => set({ [name]: event.currentTarget.value || undefined })}
          />
        ))}
      </Group>
      <Asked of={map}>
        {(all) => {
          if (all.edges.length === 0)
            return <Nothing>Nobody talked to anybody that nodes told of. They tell once a minute.</Nothing>;
          const shown =
            verdict === undefined ? all.edges : all.edges.filter((each) => each.verdict === verdict);
          const ids = new Set(shown.flatMap(({ client, server }) => [client, server]));
          const part = { ...all, edges: shown, nodes: all.nodes.filter(({ id }) => ids.has(id)) };
          const open = all.edges.find(({ id }) => id === chosen);
          return (
            <Stack gap="xs">
              <ServiceGraph map={part} choose={choose} chosen={chosen} />
              <Legend />
              {!all.isWhole && (
                <Text size="sm">There were more flows: those that were last active are shown.</Text>
              )}
              {all.unreadable > 0 && (
                <Text size="sm">
                  {all.unreadable} flows were told in a form that this server does not know.
                </Text>
              )}
              <Rows
                label="Connections"
                items={shown}
                columns={columnsOf(all)}
                keyOf={({ id }) => id}
                open={choose}
                height="calc(54vh - 220px)"
              />
              <Drawer
                opened={open !== undefined}
                onClose={() => set({ edge: undefined })}
                position="right"
                size="xl"
                title="Connection"
              >
                {open !== undefined && <EdgeDetails map={all} edge={open} choose={choose} />}
              </Drawer>
            </Stack>
          );
        }}
      </Asked>
    </>
  );
}
