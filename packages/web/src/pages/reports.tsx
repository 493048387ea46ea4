import { Button, Group, Select, SimpleGrid, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { ask, queryOf } from '../api/client.js';
import { useCounts, useIncidentCounts, useNodes } from '../api/queries.js';
import type { Count, Incident, Page, StoredRecord } from '../api/types.js';
import { Asked, Nothing } from '../parts/asked.js';
import { Part } from '../parts/part.js';
import { Severity } from '../parts/severity.js';
import { PageTitle } from '../parts/title.js';
import { timeText } from '../parts/when.js';
import { complaintOf } from './overview.js';

const DAY_MS = 86_400_000;
/** Of what is read to work out times: the latest ones. */
const MOST = 500;

const medianOf = (values: readonly number[]): number | undefined =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];

const spanText = (ms: number | undefined): string =>
  ms === undefined
    ? 'none'
    : ms < 60_000
      ? `${(ms / 1000).toFixed(1)} s`
      : ms < 3_600_000
        ? `${Math.round(ms / 60_000)} min`
        : `${(ms / 3_600_000).toFixed(1)} h`;

/** From the event to its arrival here, by this server's clock. */
const delayOf = ({ receivedMs, skewMs, timeMs }: StoredRecord): number =>
  Math.max(0, receivedMs - (timeMs - skewMs));

/** From the first detection until it was so. */
const untilState = (incidents: readonly Incident[], states: readonly string[]): readonly number[] =>
  incidents.flatMap(({ firstMs, changes }) => {
    const change = changes.find(({ what, to }) => what === 'state' && states.includes(to));
    return change === undefined ? [] : [Math.max(0, change.atMs - firstMs)];
  });

/** How fast it was: of the latest incidents and detections of the period. */
const useTimes = (from: number, to: number) =>
  useQuery({
    queryKey: ['records', 'times', from, to],
    queryFn: async () => {
      const { items: stored } = await ask<Page<StoredRecord>>(
        'GET',
        `/incidents${queryOf({ from, to, limit: MOST })}`,
      );
      const { items: detections } = await ask<Page<StoredRecord>>(
        'GET',
        `/records${queryOf({ kind: ['detection', 'verdict'], from, to, limit: MOST })}`,
      );
      const incidents = stored.map(({ body }) => body as unknown as Incident); // in the form the node keeps it
      return [
        ['From a detection to its arrival here', detections.map(delayOf)],
        ['From the first detection until somebody took it', untilState(incidents, ['investigating'])],
        ['From the first detection until it was contained', untilState(incidents, ['contained'])],
        [
          'From the first detection until it was closed',
          untilState(incidents, ['resolved', 'false-positive']),
        ],
      ] as const;
    },
  });

const totalOf = (counts: readonly Count[]): number => counts.reduce((sum, { count }) => sum + count, 0);

/** What there was most of first. */
function sumsOf(counts: readonly Count[]): readonly (readonly [string, number])[] {
  const sums = new Map<string, number>();
  for (const { value, count } of counts) sums.set(value, (sums.get(value) ?? 0) + count);
  return [...sums].toSorted((a, b) => b[1] - a[1]);
}

const Sums = ({
  head,
  rows,
}: {
  readonly head: string;
  readonly rows: readonly (readonly [string, number])[];
}) =>
  rows.length === 0 ? (
    <Nothing>There was none.</Nothing>
  ) : (
    <Table verticalSpacing={2}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{head}</Table.Th>
          <Table.Th ta="right">How many</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map(([name, count]) => (
          <Table.Tr key={name}>
            <Table.Td>{name === '' ? 'not told' : name}</Table.Td>
            <Table.Td ta="right">{count}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );

/** What happened in a period, to be printed. */
export function Reports() {
  const { days = '7' } = useSearch({ from: '/reports' });
  const navigate = useNavigate();
  const to = Math.ceil(Date.now() / 3_600_000) * 3_600_000;
  const from = to - Number(days) * DAY_MS;
  const span = Number(days) * DAY_MS;
  const kind = ['detection', 'verdict'];
  const byPriority = useCounts({ kind, from, to, span, by: 'priority' });
  const byRule = useCounts({ kind, from, to, span, by: 'rule' });
  const byWorkload = useCounts({ kind, from, to, span, by: 'workload' });
  const responses = useCounts({ kind: 'response', from, to, span, by: 'workload' });
  const incidents = useIncidentCounts({ from, to });
  const times = useTimes(from, to);
  const nodes = useNodes();
  const workloads = useQuery({
    queryKey: ['workloads', 'modes'],
    queryFn: () => ask<{ readonly items: readonly { readonly mode: string }[] }>('GET', '/workloads'),
  });
  const beside = (
    <Group gap="xs" className="screen-only">
      <Select
        aria-label="Period"
        size="xs"
        allowDeselect={false}
        data={[
          { value: '1', label: 'Last day' },
          { value: '7', label: 'Last 7 days' },
          { value: '30', label: 'Last 30 days' },
          { value: '90', label: 'Last 90 days' },
        ]}
        value={days}
        onChange={(value) => void navigate({ to: '/reports', search: { days: value ?? '7' } })}
      />
      <Button size="xs" variant="default" onClick={() => window.print()}>
        Print
      </Button>
    </Group>
  );
  return (
    <>
      <PageTitle beside={beside}>Reports</PageTitle>
      <Text size="sm" mb="sm">
        {timeText(from)} to {timeText(Math.min(to, Date.now()))}, as far as your roles go
      </Text>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Part title="Incidents">
          <Asked of={incidents}>
            {(all) =>
              all.length === 0 ? (
                <Nothing>There was none.</Nothing>
              ) : (
                <Table verticalSpacing={2}>
                  <Table.Tbody>
                    {all.map(({ state, severity, count }) => (
                      <Table.Tr key={state + severity}>
                        <Table.Td>
                          <Severity word={severity} />
                        </Table.Td>
                        <Table.Td>{state}</Table.Td>
                        <Table.Td ta="right">{count}</Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              )
            }
          </Asked>
        </Part>
        <Part title="How fast">
          <Asked of={times}>
            {(rows) => (
              <Table verticalSpacing={2}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Time</Table.Th>
                    <Table.Th ta="right">Half within</Table.Th>
                    <Table.Th ta="right">Mean</Table.Th>
                    <Table.Th ta="right">Of</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {rows.map(([name, values]) => (
                    <Table.Tr key={name}>
                      <Table.Td>{name}</Table.Td>
                      <Table.Td ta="right">{spanText(medianOf(values))}</Table.Td>
                      <Table.Td ta="right">
                        {spanText(
                          values.length === 0
                            ? undefined
                            : values.reduce((sum, ms) => sum + ms, 0) / values.length,
                        )}
                      </Table.Td>
                      <Table.Td ta="right">{values.length}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            )}
          </Asked>
          <Text size="xs" c="dimmed">
            Of the latest {MOST} incidents and {MOST} detections of the period.
          </Text>
        </Part>
        <Part title="Detections and verdicts by priority">
          <Asked of={byPriority}>{(all) => <Sums head="Priority" rows={sumsOf(all)} />}</Asked>
        </Part>
        <Part title="By rule">
          <Asked of={byRule}>{(all) => <Sums head="Rule" rows={sumsOf(all).slice(0, 15)} />}</Asked>
        </Part>
        <Part title="By workload">
          <Asked of={byWorkload}>{(all) => <Sums head="Workload" rows={sumsOf(all).slice(0, 15)} />}</Asked>
        </Part>
        <Part title="Responses">
          <Asked of={responses}>
            {(all) => (
              <>
                <Text size="sm">Begun, ended or taken back: {totalOf(all)}</Text>
                <Sums head="Workload" rows={sumsOf(all).slice(0, 15)} />
              </>
            )}
          </Asked>
        </Part>
        <Part title="Fleet and coverage">
          <Asked of={nodes}>
            {(all) => {
              const there = all.filter(({ revoked }) => !revoked);
              const bad = there.filter((node) => complaintOf(node) !== '');
              const partly = there.filter(
                ({ agent }) => agent?.features.some(({ problem }) => problem !== '') ?? false,
              );
              return (
                <>
                  <Text size="sm">
                    Nodes: {there.length}, connected and complete: {there.length - bad.length}
                  </Text>
                  <Text size="sm">Nodes that lack a kernel program: {partly.length}</Text>
                  {bad.map((node) => (
                    <Text size="sm" key={node.id}>
                      {node.name} ({node.cluster}): {complaintOf(node)}
                    </Text>
                  ))}
                </>
              );
            }}
          </Asked>
        </Part>
        <Part title="Workloads that run, by the mode of their policies">
          <Asked of={workloads}>
            {({ items }) => (
              <Sums
                head="Mode"
                rows={sumsOf(items.map(({ mode }) => ({ atMs: 0, value: mode, count: 1 })))}
              />
            )}
          </Asked>
        </Part>
      </SimpleGrid>
    </>
  );
}
