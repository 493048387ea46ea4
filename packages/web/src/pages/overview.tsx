import { Anchor, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useCounts, useIncidentCounts, useIncidents, useNodes } from '../api/queries.js';
import type { Node } from '../api/types.js';
import { useWorkloads } from '../api/workloads.js';
import { Asked, Nothing } from '../parts/asked.js';
import { Counts } from '../parts/chart.js';
import { FirstSteps } from '../parts/first-steps.js';
import { Severity } from '../parts/severity.js';
import { PageTitle } from '../parts/title.js';
import { When } from '../parts/when.js';
import { Card, Coverage, HowSoon, Today } from './overview-cards.js';

const DAY_MS = 86_400_000;
const SPAN_MS = 3_600_000;
/** Nobody has closed them. */
export const OPEN = ['open', 'investigating', 'contained'];
const ORDER = ['critical', 'high', 'medium', 'low'];

/** A clock that is off by more makes times of nodes hard to compare. */
const SKEW_MS = 5000;
/** What waits is no backlog before that. */
const MOST_QUEUED = 10_000;

/** Nodes that do not tell all they see, or not in time, and why. */
export function complaintOf({ connected, missing, agent, revoked, skewMs, trust }: Node): string {
  if (revoked) return '';
  const lost = (agent?.lost ?? 0) + (agent?.dropped ?? 0) + (agent?.rejected ?? 0) + missing;
  const queued = agent?.queued ?? 0;
  return [
    trust.state === 'failed' ? `not trusted: ${trust.reason}` : '',
    connected ? '' : 'not connected',
    lost > 0 ? `${lost} events or records lost` : '',
    queued > MOST_QUEUED ? `${queued} records wait` : '',
    Math.abs(skewMs) > SKEW_MS ? `its clock is off by ${(skewMs / 1000).toFixed(0)} s` : '',
  ]
    .filter((text) => text !== '')
    .join('; ');
}

export function Overview() {
  const now = Math.ceil(Date.now() / SPAN_MS) * SPAN_MS;
  const from = now - DAY_MS;
  const counts = useCounts({ kind: ['detection', 'verdict'], from, to: now, span: SPAN_MS, by: 'priority' });
  const incidents = useIncidents({});
  const standing = useIncidentCounts({ state: OPEN });
  const nodes = useNodes();
  const workloads = useWorkloads();
  return (
    <>
      <PageTitle>Overview</PageTitle>
      <Stack>
        {nodes.data?.length === 0 && <FirstSteps />}
        <SimpleGrid cols={{ base: 1, md: 3 }}>
          <Card title="Open incidents">
            <Asked of={standing}>
              {(open) => {
                if (open.length === 0) return <Nothing>None is open.</Nothing>;
                return (
                  <Group>
                    {ORDER.map((severity) => {
                      const count = open
                        .filter((each) => each.severity === severity)
                        .reduce((sum, each) => sum + each.count, 0);
                      return count === 0 ? null : (
                        <Group gap={6} key={severity}>
                          <Severity word={severity} />
                          <Text fw={700}>{count}</Text>
                        </Group>
                      );
                    })}
                  </Group>
                );
              }}
            </Asked>
          </Card>
          <Card title="Nodes">
            <Asked of={nodes}>
              {(all) => {
                const there = all.filter(({ revoked }) => !revoked);
                const bad = there.filter((node) => complaintOf(node) !== '');
                if (there.length === 0)
                  return <Nothing>No node has enrolled. Make a token under Fleet.</Nothing>;
                return (
                  <Stack gap={4}>
                    <Text size="sm">
                      {there.length - bad.length} of {there.length} connected and complete
                    </Text>
                    {bad.slice(0, 5).map((node) => (
                      <Text size="sm" key={node.id} c="red">
                        {node.name}: {complaintOf(node)}
                      </Text>
                    ))}
                  </Stack>
                );
              }}
            </Asked>
          </Card>
          <Card title="Last day">
            <Asked of={counts}>
              {(all) => (
                <Text size="sm">
                  Detections and verdicts: {all.reduce((sum, { count }) => sum + count, 0)}.{' '}
                  <Anchor component={Link} to="/detections" size="sm">
                    See them
                  </Anchor>
                </Text>
              )}
            </Asked>
          </Card>
        </SimpleGrid>
        <SimpleGrid cols={{ base: 1, md: 3 }}>
          <Card title="Coverage">
            <Asked of={workloads}>{({ items }) => <Coverage workloads={items} />}</Asked>
          </Card>
          <Card title="How soon">
            <Asked of={incidents}>{({ pages: [first] }) => <HowSoon incidents={first?.items ?? []} />}</Asked>
          </Card>
          <Card title="Today">
            <Today />
          </Card>
        </SimpleGrid>
        <Card title="Detections and verdicts by hour">
          <Asked of={counts}>
            {(all) => (
              <Counts
                label="Detections and verdicts of the last day"
                counts={all}
                fromMs={from}
                toMs={now}
                spanMs={SPAN_MS}
              />
            )}
          </Asked>
        </Card>
        <Card title="Latest incidents">
          <Asked of={incidents}>
            {({ pages: [first] }) =>
              first === undefined || first.items.length === 0 ? (
                <Nothing>Nothing has happened that belongs together.</Nothing>
              ) : (
                <Stack gap={6}>
                  {first.items.slice(0, 8).map(({ incident }) => (
                    <Group key={incident.id} gap="sm" wrap="nowrap">
                      <Severity word={incident.severity} />
                      <When ms={incident.lastMs} />
                      <Anchor component={Link} to={`/incidents/${incident.id}`} size="sm" truncate>
                        {incident.title}
                      </Anchor>
                    </Group>
                  ))}
                </Stack>
              )
            }
          </Asked>
        </Card>
      </Stack>
    </>
  );
}
