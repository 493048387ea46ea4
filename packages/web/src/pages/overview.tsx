import { Anchor, Group, Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useCounts, useIncidents, useNodes } from '../api/queries.js';
import type { Node } from '../api/types.js';
import { Asked, Nothing } from '../parts/asked.js';
import { Counts } from '../parts/chart.js';
import { Severity } from '../parts/severity.js';
import { PageTitle } from '../parts/title.js';
import { When } from '../parts/when.js';

const DAY_MS = 86_400_000;
const SPAN_MS = 3_600_000;
export const OPEN = new Set(['open', 'investigating']);
const ORDER = ['critical', 'high', 'medium', 'low'];

const Card = ({ title, children }: { readonly title: string; readonly children: ReactNode }) => (
  <Paper withBorder p="md" component="section" aria-label={title}>
    <Title order={2} mb="xs">
      {title}
    </Title>
    {children}
  </Paper>
);

/** Nodes that do not tell all they see, and why. */
export function complaintOf({ connected, missing, agent, revoked, trust }: Node): string {
  if (revoked) return '';
  if (trust.state === 'failed') return `not trusted: ${trust.reason}`;
  if (!connected) return 'not connected';
  const lost = (agent?.lost ?? 0) + (agent?.dropped ?? 0) + missing;
  return lost > 0 ? `${lost} events or records lost` : '';
}

export function Overview() {
  const now = Math.ceil(Date.now() / SPAN_MS) * SPAN_MS;
  const from = now - DAY_MS;
  const counts = useCounts({ kind: ['detection', 'verdict'], from, to: now, span: SPAN_MS, by: 'priority' });
  const incidents = useIncidents();
  const nodes = useNodes();
  return (
    <>
      <PageTitle>Overview</PageTitle>
      <Stack>
        <SimpleGrid cols={{ base: 1, md: 3 }}>
          <Card title="Open incidents">
            <Asked of={incidents}>
              {(all) => {
                const open = all.filter(({ incident }) => OPEN.has(incident.state));
                if (open.length === 0) return <Nothing>None is open.</Nothing>;
                return (
                  <Group>
                    {ORDER.map((severity) => {
                      const count = open.filter(({ incident }) => incident.severity === severity).length;
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
            {(all) =>
              all.length === 0 ? (
                <Nothing>Nothing has happened that belongs together.</Nothing>
              ) : (
                <Stack gap={6}>
                  {all.slice(0, 8).map(({ incident }) => (
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
