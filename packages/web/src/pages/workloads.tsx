import { Anchor, Drawer, Group, Select, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { COVERAGE_MODES, type Container, SECTIONS, useWorkloads, type Workload } from '../api/workloads.js';
import { Asked, Nothing } from '../parts/asked.js';
import { ModeBadge } from '../parts/coverage.js';
import { type Column, Rows } from '../parts/rows.js';
import { PageTitle } from '../parts/title.js';
import { When } from '../parts/when.js';

export const keyOf = ({ cluster, name }: Workload): string => `${cluster} ${name}`;

/** What of its privileges an attacker would like. */
function exposureOf({ privileged, hostNetwork, hostPid }: Container): string {
  return [
    privileged === true ? 'privileged' : '',
    hostNetwork === true ? "the host's network" : '',
    hostPid === true ? "the host's processes" : '',
  ]
    .filter((text) => text !== '')
    .join(', ');
}

const exposures = ({ containers }: Workload): string =>
  [...new Set(containers.map(exposureOf))].filter((text) => text !== '').join('; ');

const COLUMNS: readonly Column<Workload>[] = [
  { head: 'Workload', width: '18%', cell: ({ name }) => name },
  { head: 'Cluster', width: '80px', cell: ({ cluster }) => cluster },
  { head: 'Containers', width: '95px', cell: ({ containers }) => containers.length },
  { head: 'Nodes', width: '11%', cell: ({ nodes }) => nodes.join(', ') },
  { head: 'Images', width: '17%', cell: ({ images }) => images.join(', ') },
  { head: 'Coverage', width: '100px', cell: ({ mode }) => <ModeBadge mode={mode} /> },
  { head: 'Policies', width: '12%', cell: ({ policies }) => policies.join(', ') || 'none' },
  {
    head: 'To look at',
    cell: (workload) => [...workload.problems, exposures(workload)].filter(Boolean).join('; '),
  },
];

function Sections({ workload: { modes, problems } }: { readonly workload: Workload }) {
  return (
    <Table withTableBorder verticalSpacing={3} aria-label="Coverage by section">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Section</Table.Th>
          <Table.Th>Mode</Table.Th>
          <Table.Th>To look at</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {SECTIONS.map((section) => (
          <Table.Tr key={section}>
            <Table.Td>{section}</Table.Td>
            <Table.Td>
              <ModeBadge mode={modes[section] ?? 'unknown'} />
            </Table.Td>
            <Table.Td>
              {problems
                .filter((problem) => problem.startsWith(`${section}: `))
                .map((problem) => problem.slice(section.length + 2))
                .join('; ')}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** Of the address of the map: what is not chosen. */
const ANYTHING = { span: undefined, verdict: undefined, edge: undefined };

function Details({ workload }: { readonly workload: Workload }) {
  const { name, cluster, namespace, policies, learning, containers } = workload;
  return (
    <Stack>
      <Text size="sm">
        {policies.length === 0 ? 'No policy selects it' : `Policies: ${policies.join(', ')}`}
        {learning ? '; it is being learnt' : ''}.
      </Text>
      <Group>
        <Anchor
          size="sm"
          renderRoot={(props) => (
            <Link
              to="/network"
              search={{ ...ANYTHING, cluster, namespace: namespace || undefined }}
              {...props}
            />
          )}
        >
          Who it talks to
        </Anchor>
      </Group>
      <Sections workload={workload} />
      <Title order={2}>Containers</Title>
      <Table withTableBorder verticalSpacing={3} aria-label={`Containers of ${name}`}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Container</Table.Th>
            <Table.Th>Node</Table.Th>
            <Table.Th>Image</Table.Th>
            <Table.Th>Started</Table.Th>
            <Table.Th>Exposed</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {containers.map((each) => (
            <Table.Tr key={`${each.nodeId} ${each.id}`}>
              <Table.Td title={each.id}>{each.pod === '' ? each.name : `${each.pod}: ${each.name}`}</Table.Td>
              <Table.Td>{each.node}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }} title={each.imageDigest}>
                {each.image || '–'}
              </Table.Td>
              <Table.Td>{each.startedMs === null ? '–' : <When ms={each.startedMs} />}</Table.Td>
              <Table.Td>{exposureOf(each) || '–'}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Stack>
  );
}

export function Workloads() {
  const search = useSearch({ from: '/workloads' });
  const navigate = useNavigate();
  const workloads = useWorkloads();
  const { mode, find = '', workload: chosen } = search;
  const set = (change: Partial<typeof search>): void =>
    void navigate({ to: '/workloads', search: { ...search, ...change }, replace: true });
  return (
    <>
      <PageTitle>Workloads</PageTitle>
      <Group gap="xs" mb="xs" align="end">
        <Select
          label="Coverage"
          size="xs"
          w={130}
          clearable
          data={COVERAGE_MODES}
          value={mode ?? null}
          onChange={(value) => set({ mode: COVERAGE_MODES.find((each) => each === value) })}
        />
        <TextInput
          label="Name, image or node"
          size="xs"
          w={220}
          value={find}
          onChange={(event) => set({ find: event.currentTarget.value || undefined })}
        />
      </Group>
      <Asked of={workloads}>
        {({ items, isWhole, unreadable }) => {
          const shown = items.filter(
            (each) =>
              (mode === undefined || each.mode === mode) &&
              [each.name, ...each.images, ...each.nodes].some((text) => text.includes(find)),
          );
          const open = items.find((each) => keyOf(each) === chosen);
          return (
            <>
              {!isWhole && <Text size="sm">There are more containers than are shown.</Text>}
              {unreadable > 0 && (
                <Text size="sm">
                  {unreadable} containers were told in a form that this server does not know.
                </Text>
              )}
              {shown.length === 0 ? (
                <Nothing>{items.length === 0 ? 'No node has told of a container.' : 'Nothing fits.'}</Nothing>
              ) : (
                <Rows
                  label="Workloads"
                  items={shown}
                  columns={COLUMNS}
                  keyOf={keyOf}
                  open={(each) => set({ workload: keyOf(each) })}
                />
              )}
              <Drawer
                opened={open !== undefined}
                onClose={() => set({ workload: undefined })}
                position="right"
                size="xl"
                title={open?.name}
              >
                {open !== undefined && <Details workload={open} />}
              </Drawer>
            </>
          );
        }}
      </Asked>
    </>
  );
}
