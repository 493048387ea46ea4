import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../api/client.js';
import { useNodeTrust } from '../api/queries.js';
import type { Node, NodeTrust } from '../api/types.js';
import { Asked, Trouble } from '../parts/asked.js';
import { TrustBadge } from '../parts/trust-badge.js';
import { When } from '../parts/when.js';
import { useMay } from '../session.js';

const MOST_SHOWN = 20;

/** What is thought of the machine of a node, why, and what was thought before. */
export function NodeTrustDetails({ node }: { readonly node: Node }) {
  return <Asked of={useNodeTrust(node.id)}>{(trust) => <Shown node={node} trust={trust} />}</Asked>;
}

function Shown({ node, trust }: { readonly node: Node; readonly trust: NodeTrust }) {
  const manages = useMay('fleet.manage');
  return (
    <Stack gap={4}>
      <Group gap="xs">
        <TrustBadge state={trust.state} />
        <Text size="sm">
          {trust.reason === '' ? '' : `${trust.reason}: `}
          {trust.detail}
        </Text>
      </Group>
      <Text size="sm">
        {trust.tpm === null
          ? 'No TPM: nothing of what it runs on can be proven.'
          : `TPM ${trust.tpm.kind}: ${trust.tpm.detail}`}
      </Text>
      {trust.history.slice(0, MOST_SHOWN).map(({ atMs, state, reason, by }) => (
        <Text size="sm" c="dimmed" key={`${atMs} ${state} ${reason}`}>
          <When ms={atMs} /> {state} {reason} {by === '' ? '' : `by ${by}`}
        </Text>
      ))}
      {manages && trust.isHeld && !node.revoked && <Decide node={node} />}
    </Stack>
  );
}

function Decide({ node }: { readonly node: Node }) {
  const queries = useQueryClient();
  const [why, setWhy] = useState('');
  const decide = useMutation({
    mutationFn: () => ask('POST', `/nodes/${node.id}/trust`, { why }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['nodes'] }),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        decide.mutate();
      }}
    >
      <Group align="flex-end">
        <TextInput
          label="Why it may prove itself again"
          required
          value={why}
          onChange={(event) => setWhy(event.currentTarget.value)}
        />
        <Button type="submit" loading={decide.isPending}>
          Let it prove itself again
        </Button>
      </Group>
      {decide.error !== null && <Trouble error={decide.error} />}
    </form>
  );
}
