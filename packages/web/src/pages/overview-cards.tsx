import { Anchor, Group, Paper, Progress, Stack, Table, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { type ListedIncident, useChanges, useCounts, useRecords } from '../api/queries.js';
import { COVERAGE_MODES, type CoverageMode, SECTIONS, type Workload } from '../api/workloads.js';
import { Asked, Nothing } from '../parts/asked.js';
import { MODE_COLOURS, ModeBadge } from '../parts/coverage.js';
import { knownAfter, responseTime, spanText, type Times, timesOf } from '../parts/times.js';
import { When } from '../parts/when.js';
import { useMay } from '../session.js';

export const Card = ({ title, children }: { readonly title: string; readonly children: ReactNode }) => (
  <Paper withBorder p="md" component="section" aria-label={title}>
    <Title order={2} mb="xs">
      {title}
    </Title>
    {children}
  </Paper>
);

type Counted = Readonly<Record<CoverageMode, number>>;

function countBy(workloads: readonly Workload[], modeOf: (workload: Workload) => CoverageMode): Counted {
  const count = (mode: CoverageMode): number =>
    workloads
      .filter((each) => modeOf(each) === mode)
      .reduce((sum, { containers }) => sum + containers.length, 0);
  return Object.fromEntries(COVERAGE_MODES.map((mode) => [mode, count(mode)])) as Counted; // each of them
}

/** The strictest first: what is covered stands at the left. */
const SHOWN = COVERAGE_MODES.toReversed();
const partsOf = (counted: Counted): string =>
  SHOWN.filter((mode) => counted[mode] > 0)
    .map((mode) => `${counted[mode]} ${mode}`)
    .join(', ');

function Bar({ label, counted }: { readonly label: string; readonly counted: Counted }) {
  const total = SHOWN.reduce((sum, mode) => sum + counted[mode], 0);
  return (
    <Progress.Root size="sm" role="img" aria-label={`${label}: ${partsOf(counted)}`}>
      {SHOWN.filter((mode) => counted[mode] > 0).map((mode) => (
        <Progress.Section
          key={mode}
          value={(100 * counted[mode]) / total}
          color={MODE_COLOURS[mode]}
          withAria={false}
        />
      ))}
    </Progress.Root>
  );
}

/** Containers by the mode of their policies, as a whole and by section. */
export function Coverage({ workloads }: { readonly workloads: readonly Workload[] }) {
  if (workloads.length === 0) return <Nothing>No node has told of a container.</Nothing>;
  const whole = countBy(workloads, ({ mode }) => mode);
  const bad = workloads.filter(({ problems }) => problems.length > 0);
  return (
    <Stack gap="xs">
      <Group gap="md">
        {SHOWN.filter((mode) => whole[mode] > 0).map((mode) => (
          <Group gap={6} key={mode}>
            <ModeBadge mode={mode} />
            <Text fw={700}>{whole[mode]}</Text>
          </Group>
        ))}
      </Group>
      <Table
        verticalSpacing={2}
        horizontalSpacing={4}
        withRowBorders={false}
        aria-label="Containers by section and mode"
      >
        <Table.Tbody>
          {SECTIONS.map((section) => {
            const counted = countBy(workloads, ({ modes }) => modes[section] ?? 'unknown');
            return (
              <Table.Tr key={section}>
                <Table.Th w={110} fw={400}>
                  {section}
                </Table.Th>
                <Table.Td>
                  <Bar label={section} counted={counted} />
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
      <Text size="sm">
        {bad.length > 0 && `Of ${bad.length} workloads a section is not enforced as it should be. `}
        <Anchor component={Link} to="/workloads" size="sm">
          Workloads
        </Anchor>
      </Text>
    </Stack>
  );
}

const timeText = (times: Times | undefined, what: string): string =>
  times === undefined
    ? 'none yet'
    : `${spanText(times.meanMs)}, half within ${spanText(times.medianMs)} (of ${times.count} ${what})`;

/** How soon what happened was found, and how soon something was done. */
export function HowSoon({ incidents }: { readonly incidents: readonly ListedIncident[] }) {
  const real = incidents.map(({ incident }) => incident).filter(({ state }) => state !== 'false-positive');
  const detections = useRecords({ kind: ['detection', 'verdict'] });
  const waiting = real.filter((each) => responseTime(each).length === 0).length;
  return (
    <Stack gap={4}>
      <Asked of={detections}>
        {({ pages }) => (
          <Text size="sm">
            <abbr title="from when it happened to when this server knew">Mean time to detect</abbr>:{' '}
            {timeText(timesOf((pages[0]?.items ?? []).map(knownAfter)), 'detections, the latest')}
          </Text>
        )}
      </Asked>
      <Text size="sm">
        <abbr title="from the first detection to a response, or to where somebody called it contained or resolved">
          Mean time to respond
        </abbr>
        : {timeText(timesOf(real.flatMap(responseTime)), 'incidents, the latest')}
      </Text>
      {waiting > 0 && <Text size="sm">Nothing was done yet about {waiting}.</Text>}
    </Stack>
  );
}

const DAY_MS = 86_400_000;
const WORDS: Readonly<Record<string, string>> = {
  detection: 'detections',
  verdict: 'verdicts of policies',
  incident: 'changes of incidents',
  response: 'responses',
  container: 'containers that came, went or are covered in another way',
  gap: 'gaps in what nodes told',
};
const MOST_CHANGES = 6;

function midnight(): number {
  const day = new Date();
  day.setHours(0, 0, 0, 0);
  return day.getTime();
}

function PeoplesChanges({ fromMs }: { readonly fromMs: number }) {
  const changes = useChanges();
  return (
    <Asked of={changes}>
      {({ pages }) => {
        const today = pages.flatMap(({ items }) => items).filter(({ time }) => Date.parse(time) >= fromMs);
        return (
          <>
            {today.slice(0, MOST_CHANGES).map(({ seq, time, action, who, target }) => (
              <Text size="sm" key={seq} truncate>
                <When ms={Date.parse(time)} /> {who?.name ?? 'the server'}: {action} {target}
              </Text>
            ))}
            <Anchor component={Link} to="/changes" size="sm">
              All that people changed
            </Anchor>
          </>
        );
      }}
    </Asked>
  );
}

/** What nodes told, and what people changed, since midnight. */
export function Today() {
  const from = midnight();
  const counts = useCounts({
    ...{ kind: Object.keys(WORDS), from, to: from + DAY_MS, span: DAY_MS, by: 'kind' },
  });
  const seesChanges = useMay('people.manage');
  return (
    <Stack gap={4}>
      <Asked of={counts}>
        {(all) => {
          const told = Object.entries(WORDS).flatMap(([kind, words]) => {
            const count = all
              .filter(({ value }) => value === kind)
              .reduce((sum, each) => sum + each.count, 0);
            return count === 0 ? [] : [`${count} ${words}`];
          });
          return (
            <Text size="sm">{told.length === 0 ? 'Nodes told of nothing yet.' : `${told.join(', ')}.`}</Text>
          );
        }}
      </Asked>
      {seesChanges && <PeoplesChanges fromMs={from} />}
    </Stack>
  );
}
