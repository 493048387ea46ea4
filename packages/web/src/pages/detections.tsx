import { Code, Drawer, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useRecords } from '../api/queries.js';
import type { StoredRecord } from '../api/types.js';
import { Asked, Nothing } from '../parts/asked.js';
import { FilterBox, filterFaultOf } from '../parts/filter-box.js';
import { type Column, Rows } from '../parts/rows.js';
import { Severity } from '../parts/severity.js';
import { PageTitle } from '../parts/title.js';
import { When } from '../parts/when.js';

const outputOf = ({ body }: StoredRecord): string => (typeof body.output === 'string' ? body.output : '');

const COLUMNS: readonly Column<StoredRecord>[] = [
  { head: 'Time', width: '170px', cell: ({ timeMs }) => <When ms={timeMs} /> },
  { head: 'Priority', width: '92px', cell: ({ priority }) => <Severity word={priority} /> },
  { head: 'Rule', width: '20%', cell: ({ rule }) => rule },
  {
    head: 'Workload',
    width: '16%',
    cell: ({ namespace, workload }) => [namespace, workload].filter(Boolean).join('/'),
  },
  { head: 'Node', width: '12%', cell: ({ node }) => node },
  { head: 'What happened', cell: outputOf },
];

const PRIORITIES = ['Emergency', 'Alert', 'Critical', 'Error', 'Warning', 'Notice', 'Informational', 'Debug'];
const FILTERS = ['rule', 'namespace', 'workload', 'container', 'node'] as const;

export function Detections() {
  const search = useSearch({ from: '/detections' });
  const navigate = useNavigate();
  const [filter] = useDebouncedValue(search, 300);
  const [open, setOpen] = useState<StoredRecord>();
  const records = useRecords({ kind: ['detection', 'verdict'], ...filter });
  const set = (change: Partial<typeof search>): void =>
    void navigate({ to: '/detections', search: { ...search, ...change }, replace: true });
  return (
    <>
      <PageTitle>Detections</PageTitle>
      <Group gap="xs" mb="xs" align="end">
        <Select
          label="Priority"
          size="xs"
          w={130}
          clearable
          data={PRIORITIES}
          value={search.priority ?? null}
          onChange={(value) => set({ priority: value ?? undefined })}
        />
        {FILTERS.map((name) => (
          <TextInput
            key={name}
            label={name[0]?.toUpperCase() + name.slice(1)}
            size="xs"
            w={150}
            value={search[name] ?? ''}
            onChange={(event) => set({ [name]: event.currentTarget.value || undefined })}
          />
        ))}
      </Group>
      <FilterBox
        value={search.filter}
        set={(filter) => set({ filter })}
        error={records.error}
        example="proc.name in (sh, bash) and not k8s.ns.name startswith test"
      />
      {filterFaultOf(records.error) === undefined && (
        <Asked of={records}>
          {({ pages }) => {
            const items = pages.flatMap((page) => page.items);
            return items.length === 0 ? (
              <Nothing>Nothing fits.</Nothing>
            ) : (
              <Rows
                label="Detections and verdicts"
                items={items}
                columns={COLUMNS}
                keyOf={(item) => `${item.nodeId} ${item.timeMs} ${item.rule} ${outputOf(item)}`}
                open={setOpen}
                more={
                  records.hasNextPage && !records.isFetchingNextPage
                    ? () => void records.fetchNextPage()
                    : undefined
                }
              />
            );
          }}
        </Asked>
      )}
      <Drawer
        opened={open !== undefined}
        onClose={() => setOpen(undefined)}
        position="right"
        size="lg"
        title={open?.rule}
      >
        {open !== undefined && (
          <Stack gap="xs">
            <Group gap="sm">
              <Severity word={open.priority} />
              <When ms={open.timeMs} />
            </Group>
            <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
              {outputOf(open)}
            </Text>
            <Code block>{JSON.stringify(open.body, undefined, 2)}</Code>
          </Stack>
        )}
      </Drawer>
    </>
  );
}
