import { Alert, Badge, Button, Code, Group, Modal, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../api/client.js';
import { useNodes, useSettings } from '../api/queries.js';
import type { Node } from '../api/types.js';
import { bytesText } from '../network/verdicts.js';
import { Asked, Nothing, Trouble } from '../parts/asked.js';
import { type Column, Rows } from '../parts/rows.js';
import { PageTitle } from '../parts/title.js';
import { TrustBadge } from '../parts/trust-badge.js';
import { When } from '../parts/when.js';
import { useMay } from '../session.js';
import { NodeTrustDetails } from './node-trust.js';
import { complaintOf } from './overview.js';

const stateOf = (node: Node) =>
  node.revoked ? (
    <Badge color="gray" variant="light" tt="none">
      revoked
    </Badge>
  ) : (
    <Badge color={node.connected ? 'teal.9' : 'red.9'} variant="filled" tt="none">
      {node.connected ? 'connected' : 'away'}
    </Badge>
  );

const COLUMNS: readonly Column<Node>[] = [
  { head: 'Node', cell: ({ name }) => name },
  { head: 'Cluster', width: '12%', cell: ({ cluster }) => cluster },
  { head: 'State', width: '110px', cell: stateOf },
  { head: 'Trust', width: '110px', cell: ({ trust }) => <TrustBadge state={trust.state} /> },
  { head: 'Last seen', width: '170px', cell: ({ lastSeenMs }) => <When ms={lastSeenMs} /> },
  { head: 'Version', width: '90px', cell: ({ agent }) => agent?.version ?? '' },
  { head: 'Kernel', width: '16%', cell: ({ agent }) => agent?.kernel ?? '' },
  { head: 'Waiting', width: '90px', cell: ({ agent }) => agent?.queued ?? '' },
  {
    head: 'Clock',
    width: '90px',
    cell: ({ skewMs }) => `${skewMs >= 0 ? '+' : ''}${(skewMs / 1000).toFixed(1)} s`,
  },
  { head: 'To look at', cell: complaintOf },
];

function Enrol() {
  const settings = useSettings();
  const [isOpen, setOpen] = useState(false);
  const [cluster, setCluster] = useState('main');
  const [node, setNode] = useState('');
  const [hours, setHours] = useState<number | string>(1);
  const create = useMutation({
    mutationFn: () =>
      ask<{ token: string }>('POST', '/enrolment-tokens', {
        cluster,
        hours: Number(hours),
        ...(node === '' ? {} : { node }),
      }),
  });
  const close = (): void => {
    setOpen(false);
    create.reset();
  };
  return (
    <>
      <Button size="xs" onClick={() => setOpen(true)}>
        Enrol a node
      </Button>
      <Modal opened={isOpen} onClose={close} title="Enrol a node" size="lg">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            create.mutate();
          }}
        >
          <Stack>
            <TextInput
              label="Cluster"
              required
              value={cluster}
              onChange={(event) => setCluster(event.currentTarget.value)}
            />
            <TextInput
              label="Only a node of this name"
              value={node}
              onChange={(event) => setNode(event.currentTarget.value)}
            />
            <NumberInput label="Hours it is good for" min={1} max={720} value={hours} onChange={setHours} />
            {create.error !== null && <Trouble error={create.error} />}
            {create.data === undefined ? (
              <Button type="submit" loading={create.isPending}>
                Make a token
              </Button>
            ) : (
              <Alert title="Told this once; good for one node" role="status">
                <Text size="sm">On the node:</Text>
                <Code
                  block
                >{`runward run --server https://${window.location.hostname}:${settings.data?.linkPort ?? 7443} --token ${create.data.token}`}</Code>
              </Alert>
            )}
          </Stack>
        </form>
      </Modal>
    </>
  );
}

function NodeDetails({ node, close }: { readonly node: Node; readonly close: () => void }) {
  const queries = useQueryClient();
  const manages = useMay('fleet.manage');
  const revoke = useMutation({
    mutationFn: () => ask('DELETE', `/nodes/${node.id}`),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['nodes'] });
      close();
    },
  });
  return (
    <Stack gap="xs">
      <Text size="sm">
        Enrolled <When ms={node.enrolledMs} />, {node.missing} records missing
      </Text>
      {node.agent !== null && (
        <Text size="sm">
          Waiting at the node: {node.agent.queued} records, {bytesText(node.agent.queuedBytes)}. Events that
          its kernel lost: {node.agent.dropped}. Records without room: {node.agent.lost}, refused:{' '}
          {node.agent.rejected}. The agent began <When ms={node.agent.startedMs} />.
        </Text>
      )}
      {node.agent?.features.map(({ name, problem }) => (
        <Text size="sm" key={name}>
          {problem === '' ? '✓' : '✗'} {name} {problem}
        </Text>
      ))}
      <NodeTrustDetails node={node} />
      {revoke.error !== null && <Trouble error={revoke.error} />}
      {manages && !node.revoked && (
        <Group justify="flex-end">
          <Button color="red" loading={revoke.isPending} onClick={() => revoke.mutate()}>
            Revoke: it has to enrol anew
          </Button>
        </Group>
      )}
    </Stack>
  );
}

export function Fleet() {
  const nodes = useNodes();
  const manages = useMay('fleet.manage');
  const [open, setOpen] = useState<Node>();
  return (
    <>
      <PageTitle beside={manages && <Enrol />}>Fleet</PageTitle>
      <Asked of={nodes}>
        {(all) =>
          all.length === 0 ? (
            <Nothing>No node has enrolled yet.</Nothing>
          ) : (
            <Rows label="Nodes" items={all} columns={COLUMNS} keyOf={({ id }) => id} open={setOpen} />
          )
        }
      </Asked>
      <Modal
        opened={open !== undefined}
        onClose={() => setOpen(undefined)}
        title={open?.name ?? ''}
        size="lg"
      >
        {open !== undefined && <NodeDetails node={open} close={() => setOpen(undefined)} />}
      </Modal>
    </>
  );
}
