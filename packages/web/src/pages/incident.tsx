import { Anchor, Badge, Group, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { Link, useParams } from '@tanstack/react-router';
import { useIncident } from '../api/queries.js';
import type { Incident as IncidentBody, TimelineEntry } from '../api/types.js';
import { Advice } from '../parts/advice.js';
import { Asked, Nothing } from '../parts/asked.js';
import { IncidentWork } from '../parts/incident-work.js';
import { Part } from '../parts/part.js';
import { ProcessTree } from '../parts/process-tree.js';
import { Respond } from '../parts/respond.js';
import { Severity } from '../parts/severity.js';
import { PageTitle } from '../parts/title.js';
import { When } from '../parts/when.js';
import { useMay } from '../session.js';

/** In the order of time. */
const entriesOf = ({ timeline }: IncidentBody): readonly TimelineEntry[] =>
  [...timeline.first, ...timeline.milestones, ...timeline.last].toSorted((a, b) => a.timeMs - b.timeMs);

const Timeline = ({ incident }: { readonly incident: IncidentBody }) => (
  <Table verticalSpacing={4} layout="fixed">
    <Table.Thead>
      <Table.Tr>
        <Table.Th w={170}>Time</Table.Th>
        <Table.Th w={90}>Priority</Table.Th>
        <Table.Th w="24%">Rule</Table.Th>
        <Table.Th>What happened</Table.Th>
      </Table.Tr>
    </Table.Thead>
    <Table.Tbody>
      {entriesOf(incident).map((entry) => (
        <Table.Tr key={`${entry.time} ${entry.rule} ${entry.output}`}>
          <Table.Td>
            <When ms={entry.timeMs} />
          </Table.Td>
          <Table.Td>
            <Severity word={entry.priority} />
          </Table.Td>
          <Table.Td>
            {entry.rule}
            {entry.count > 1 && ` (${entry.count} times)`}
          </Table.Td>
          <Table.Td style={{ overflowWrap: 'anywhere' }}>{entry.output}</Table.Td>
        </Table.Tr>
      ))}
    </Table.Tbody>
  </Table>
);

/** What people and the node said and decided, in the order of time. */
const History = ({ incident: { notes, changes } }: { readonly incident: IncidentBody }) => (
  <>
    {[
      ...notes.map(({ atMs, who, text }) => ({ atMs, who, said: text })),
      ...changes.map(({ atMs, who, what, from, to, why }) => ({
        ...{ atMs, who },
        said: `${what}${from === '' ? '' : ` from ${from}`}${to === '' ? '' : ` to ${to}`}${why === '' ? '' : `: ${why}`}`,
      })),
    ]
      .toSorted((a, b) => a.atMs - b.atMs)
      .map(({ atMs, who, said }) => (
        <Text size="sm" key={`${atMs} ${who} ${said}`} style={{ overflowWrap: 'anywhere' }}>
          <When ms={atMs} /> {who}: {said}
        </Text>
      ))}
  </>
);

export function Incident() {
  const { id } = useParams({ from: '/incidents/$id' });
  const found = useIncident(id);
  const mayRespond = useMay('respond');
  const mayWork = useMay('incidents.write');
  return (
    <Asked of={found}>
      {(listed) => {
        if (listed === null) return <Nothing>There is no incident {id}, or it is not yours to see.</Nothing>;
        const { incident, record } = listed;
        return (
          <>
            <PageTitle>{incident.title}</PageTitle>
            <Stack>
              <Group gap="sm">
                <Severity word={incident.severity} />
                <Badge variant="outline" tt="none">
                  {incident.state}
                </Badge>
                <Text size="sm">
                  score {incident.score} · detections: {incident.count} · {record.node} ({record.cluster})
                  {incident.assignee !== '' && ` · ${incident.assignee}`}
                </Text>
              </Group>
              <Group gap="xs">
                {incident.stages.map(({ tactic, count }) => (
                  <Badge key={tactic} variant="light" tt="none">
                    {tactic} {count}
                  </Badge>
                ))}
                {incident.techniques.map((technique) => (
                  <Badge key={technique} variant="default" tt="none">
                    {technique}
                  </Badge>
                ))}
              </Group>
              <Part title="Timeline">
                <Timeline incident={incident} />
              </Part>
              <SimpleGrid cols={{ base: 1, lg: 2 }}>
                <Part title="Processes">
                  {incident.processes.length === 0 ? (
                    <Nothing>None is known.</Nothing>
                  ) : (
                    <ProcessTree processes={incident.processes} />
                  )}
                </Part>
                <Part title="Containers">
                  {incident.containers.length === 0 && <Nothing>It was on the host itself.</Nothing>}
                  <Stack gap="xs">
                    {incident.containers.map((each) => (
                      <Group key={each.id} justify="space-between">
                        <Text size="sm">
                          <Anchor
                            component={Link}
                            to={`/detections?container=${encodeURIComponent(each.id)}`}
                            size="sm"
                          >
                            {each.name}
                          </Anchor>{' '}
                          {each.image}
                        </Text>
                        {mayRespond && each.id !== '' && <Respond nodeId={record.nodeId} container={each} />}
                      </Group>
                    ))}
                  </Stack>
                </Part>
              </SimpleGrid>
              <SimpleGrid cols={{ base: 1, lg: 2 }}>
                <Part title="What to do">
                  <Advice nodeId={record.nodeId} incident={incident.id} />
                </Part>
                <Part title="History">
                  <History incident={incident} />
                </Part>
              </SimpleGrid>
              {mayWork && (
                <Part title="Decide">
                  <IncidentWork nodeId={record.nodeId} incident={incident} />
                </Part>
              )}
            </Stack>
          </>
        );
      }}
    </Asked>
  );
}
