import { Stack, Table, Text } from '@mantine/core';
import type { Simulation } from '../api/network.js';
import { portText, VerdictBadge } from './verdicts.js';

const MOST_SHOWN = 50;
const short = (id: string): string => id.replace(/^[^/]*\/(?:workload|external|service|host):?/, '') || id;

/** What a policy would have made of what was recorded. */
export function SimulationView({
  inForce,
  ends,
  connections,
  notSelected,
  linesOfPrograms,
  isWhole,
}: Simulation) {
  const { denied, partly, allowed, unknown } = connections;
  const together = inForce.length === 0 ? '' : ` Taken into account: ${inForce.join(', ')}.`;
  const sentences = [
    `Of the connections it is about, ${denied} would have been denied, ${partly} some of them, ${connections['would-deny']} reported, and ${allowed} allowed.`,
    ...(unknown > 0 ? [`Of ${unknown} it is not known who was at the other end.`] : []),
    `It is not about ${notSelected} others.${together}`,
    ...(linesOfPrograms > 0
      ? [`${linesOfPrograms} lines name programs, which are not recorded: they fit nothing here.`]
      : []),
    ...(isWhole ? [] : ['There were more flows than are looked at: those that were last active were tried.']),
  ];
  return (
    <Stack gap="xs" role="status" aria-label="What it would have done">
      <Text size="sm">{sentences.join(' ')}</Text>
      {ends.length > 0 && (
        <Table withTableBorder verticalSpacing={3}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>From</Table.Th>
              <Table.Th>To</Table.Th>
              <Table.Th>Port</Table.Th>
              <Table.Th>Was</Table.Th>
              <Table.Th>Would be</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {ends.slice(0, MOST_SHOWN).map((end) => (
              <Table.Tr key={`${end.edge} ${end.role}`} title={end.line?.words}>
                <Table.Td>{short(end.client)}</Table.Td>
                <Table.Td>{short(end.server)}</Table.Td>
                <Table.Td>{portText(end)}</Table.Td>
                <Table.Td>
                  <VerdictBadge verdict={end.before} />
                </Table.Td>
                <Table.Td>
                  <VerdictBadge verdict={end.after} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {ends.length > MOST_SHOWN && (
        <Text size="sm">And {ends.length - MOST_SHOWN} more, none of them worse.</Text>
      )}
    </Stack>
  );
}
