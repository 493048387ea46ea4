import { Badge, Modal, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTrust } from '../api/queries.js';
import type { TrustState, TrustWorkload } from '../api/types.js';
import { Asked, Nothing } from '../parts/asked.js';
import { type Column, Rows } from '../parts/rows.js';
import { PageTitle } from '../parts/title.js';
import { When } from '../parts/when.js';

const STATES: Readonly<Record<TrustState, readonly [string, string]>> = {
  approved: ['as approved', 'teal.9'],
  changed: ['not as approved', 'red.9'],
  unapproved: ['nothing approved', 'gray.7'],
};

const Standing = ({ state }: { readonly state: TrustState }) => (
  <Badge color={STATES[state][1]} variant="filled" tt="none">
    {STATES[state][0]}
  </Badge>
);

const COLUMNS: readonly Column<TrustWorkload>[] = [
  { head: 'Workload', cell: ({ workload }) => workload },
  { head: 'Cluster', width: '14%', cell: ({ cluster }) => cluster },
  { head: 'State', width: '170px', cell: ({ state }) => <Standing state={state} /> },
  { head: 'Score', width: '90px', cell: ({ score }) => score },
  { head: 'Containers', width: '110px', cell: ({ containers }) => containers.length },
  {
    head: 'To mend',
    width: '100px',
    cell: ({ containers }) => Math.max(...containers.map(({ findings }) => findings.length)),
  },
];

function Details({ of }: { readonly of: TrustWorkload }) {
  return (
    <Stack>
      {of.containers.map(({ container, name, node, image, state, score, sinceMs, differences, findings }) => (
        <Stack gap={4} key={node + container}>
          <Text fw={600}>
            {name || container} on {node} <Standing state={state} />
          </Text>
          <Text size="sm">
            {image}, {score} of 100, since <When ms={sinceMs} />
          </Text>
          {differences.map(({ what, effect, text }) => (
            <Text size="sm" key={what + text} {...(effect === 'weaker' ? { fw: 600 } : {})}>
              {text}
            </Text>
          ))}
          {findings.map(({ id, severity, text, advice }) => (
            <Text size="sm" key={id + text}>
              {severity}: {text}. {advice}
            </Text>
          ))}
        </Stack>
      ))}
    </Stack>
  );
}

/** How what runs stands to what was approved. */
export function Trust() {
  const trust = useTrust();
  const [open, setOpen] = useState<TrustWorkload>();
  return (
    <>
      <PageTitle>Trust</PageTitle>
      <Asked of={trust}>
        {({ workloads, complete }) => (
          <>
            {workloads.length === 0 ? (
              <Nothing>
                No node has told of a container yet: `runward run --attest` looks at what they may do.
              </Nothing>
            ) : (
              <Rows
                label="Trust"
                items={workloads}
                columns={COLUMNS}
                keyOf={({ cluster, workload }) => `${cluster}/${workload}`}
                open={setOpen}
              />
            )}
            {!complete && (
              <Nothing>There is more than is looked at: older containers may be missing.</Nothing>
            )}
          </>
        )}
      </Asked>
      <Modal
        opened={open !== undefined}
        onClose={() => setOpen(undefined)}
        title={open?.workload ?? ''}
        size="lg"
      >
        {open !== undefined && <Details of={open} />}
      </Modal>
    </>
  );
}
