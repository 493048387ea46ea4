import { Alert, Button, Code, Drawer, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { ask } from '../api/client.js';
import { useEvidence } from '../api/queries.js';
import type { EvidenceRecord, EvidenceReport } from '../api/types.js';
import { Asked, Nothing, Trouble } from '../parts/asked.js';
import { type Column, Rows } from '../parts/rows.js';
import { saveFile } from '../parts/save-file.js';
import { PageTitle } from '../parts/title.js';
import { When } from '../parts/when.js';

const COLUMNS: readonly Column<EvidenceRecord>[] = [
  { head: 'Record', width: '90px', cell: ({ seq }) => seq },
  { head: 'Time', width: '170px', cell: ({ time }) => <When ms={Date.parse(time)} /> },
  { head: 'Kind', width: '150px', cell: ({ kind }) => kind },
  { head: 'What', cell: ({ body }) => JSON.stringify(body) },
];

/** In the order in which a log has them. */
const KINDS = ['control.change', 'log.open', 'log.close', 'log.rotate', 'gap'];

function Verification() {
  const verify = useMutation({ mutationFn: () => ask<EvidenceReport>('GET', '/evidence/verification') });
  const report = verify.data;
  return (
    <>
      <Button size="xs" variant="default" loading={verify.isPending} onClick={() => verify.mutate()}>
        Verify the log
      </Button>
      {verify.error !== null && <Trouble error={verify.error} />}
      {report !== undefined && (
        <Alert
          color={report.errors === 0 ? 'sea' : 'red'}
          title={report.errors === 0 ? 'It is what was written' : `It was changed: ${report.errors} findings`}
          role="status"
          mb="xs"
        >
          <Text size="sm">
            {report.records} records in {report.segments} segments, {report.first} to {report.last};{' '}
            {report.lost} lost, which the log says itself.
          </Text>
          {report.findings.map(({ code, message }) => (
            <Text size="sm" key={code + message}>
              {code}: {message}
            </Text>
          ))}
        </Alert>
      )}
    </>
  );
}

function Details({ record }: { readonly record: EvidenceRecord }) {
  const prove = useMutation({
    mutationFn: () => ask<object>('GET', `/evidence/${record.seq}/proof`),
    onSuccess: (proof) =>
      saveFile(`record-${record.seq}.proof.json`, `${JSON.stringify(proof, undefined, 1)}\n`),
  });
  return (
    <Stack gap="xs">
      <Text size="sm">
        <When ms={Date.parse(record.time)} /> {record.intact ? '' : 'its hash is not that of its text'}
      </Text>
      <Code block tabIndex={0}>
        {JSON.stringify(record.body, undefined, 2)}
      </Code>
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        SHA-256 <code>{record.hash}</code>
      </Text>
      <Group>
        <Button size="xs" variant="default" loading={prove.isPending} onClick={() => prove.mutate()}>
          Save a proof
        </Button>
      </Group>
      {prove.isSuccess && (
        <Text size="sm" role="status">
          Saved. Whoever has a key of this log checks it with <code>runward evidence check-proof</code>.
        </Text>
      )}
      {prove.error !== null && <Trouble error={prove.error} />}
    </Stack>
  );
}

/** What is on record at this server, and whether it is what was written. */
export function Evidence() {
  const search = useSearch({ from: '/evidence' });
  const navigate = useNavigate();
  const [filter] = useDebouncedValue(search, 300);
  const [open, setOpen] = useState<EvidenceRecord>();
  const found = useEvidence(filter);
  const set = (change: Partial<typeof search>): void =>
    void navigate({ to: '/evidence', search: { ...search, ...change }, replace: true });
  return (
    <>
      <PageTitle>Evidence</PageTitle>
      <Text size="sm" mb="xs">
        The log of this server: who changed what. What nodes told is under Detections and Incidents; their own
        logs are at the nodes (<code>runward evidence</code>).
      </Text>
      <Group gap="xs" mb="xs" align="end">
        <Select
          label="Kind"
          size="xs"
          clearable
          data={KINDS}
          value={search.kind ?? null}
          onChange={(kind) => set({ kind: kind ?? undefined })}
        />
        <TextInput
          label="Text"
          size="xs"
          w={280}
          value={search.text ?? ''}
          onChange={(event) => set({ text: event.currentTarget.value || undefined })}
        />
        <Verification />
      </Group>
      <Asked of={found}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          return items.length === 0 ? (
            <Nothing>Nothing fits.</Nothing>
          ) : (
            <Rows
              label="Records"
              items={items}
              columns={COLUMNS}
              keyOf={({ seq }) => String(seq)}
              open={setOpen}
              more={
                found.hasNextPage && !found.isFetchingNextPage ? () => void found.fetchNextPage() : undefined
              }
            />
          );
        }}
      </Asked>
      <Drawer
        opened={open !== undefined}
        onClose={() => setOpen(undefined)}
        position="right"
        size="lg"
        title={open === undefined ? '' : `${open.kind}, record ${open.seq}`}
      >
        {open !== undefined && <Details key={open.seq} record={open} />}
      </Drawer>
    </>
  );
}
