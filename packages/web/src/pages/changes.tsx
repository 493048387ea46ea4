import { Code, Modal, SimpleGrid, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useChanges } from '../api/queries.js';
import type { Change } from '../api/types.js';
import { Asked, Nothing } from '../parts/asked.js';
import { type Column, Rows } from '../parts/rows.js';
import { PageTitle } from '../parts/title.js';
import { When } from '../parts/when.js';

const COLUMNS: readonly Column<Change>[] = [
  { head: 'Time', width: '170px', cell: ({ time }) => <When ms={Date.parse(time)} /> },
  { head: 'Who', width: '18%', cell: ({ who }) => who?.name ?? '' },
  {
    head: 'Through',
    width: '20%',
    cell: ({ who }) => (who === null ? '' : `${who.through}, ${who.address}`),
  },
  { head: 'Did', width: '20%', cell: ({ action }) => action },
  { head: 'To', cell: ({ target }) => target },
];

const shown = (value: unknown): string => (value === null ? 'nothing' : JSON.stringify(value, undefined, 2));

/** Who changed what, from the evidence log of the server. */
export function Changes() {
  const changes = useChanges();
  const [open, setOpen] = useState<Change>();
  return (
    <>
      <PageTitle>Changes</PageTitle>
      <Asked of={changes}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          return items.length === 0 ? (
            <Nothing>Nothing was changed yet.</Nothing>
          ) : (
            <Rows
              label="Changes"
              items={items}
              columns={COLUMNS}
              keyOf={({ seq }) => String(seq)}
              open={setOpen}
              more={
                changes.hasNextPage && !changes.isFetchingNextPage
                  ? () => void changes.fetchNextPage()
                  : undefined
              }
            />
          );
        }}
      </Asked>
      <Modal
        opened={open !== undefined}
        onClose={() => setOpen(undefined)}
        title={open?.action ?? ''}
        size="xl"
      >
        {open !== undefined && (
          <Stack>
            <Text size="sm">
              Record {open.seq} of the evidence log: {open.target}
            </Text>
            <SimpleGrid cols={2}>
              <div>
                <Text size="sm">As it was</Text>
                <Code block>{shown(open.before)}</Code>
              </div>
              <div>
                <Text size="sm">As it is</Text>
                <Code block>{shown(open.after)}</Code>
              </div>
            </SimpleGrid>
          </Stack>
        )}
      </Modal>
    </>
  );
}
