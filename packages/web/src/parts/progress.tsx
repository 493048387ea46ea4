import { Button, Group, Stack, Table, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../api/client.js';
import { useProgress } from '../api/documents.js';
import type { GovernedDocument } from '../api/types.js';
import { useMay } from '../session.js';
import { Asked, Nothing, Trouble } from './asked.js';

/** Where a version is in force by now, and the way back. */
export function Progress({ document: { id, inForce } }: { readonly document: GovernedDocument }) {
  const progress = useProgress(id);
  const queries = useQueryClient();
  const mayApprove = useMay('policies.approve');
  const [why, setWhy] = useState('');
  const back = useMutation({
    mutationFn: () => ask('POST', `/documents/${id}/rollback`, { why }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['document', id] }),
  });
  return (
    <Asked of={progress}>
      {({ status: { rollout, next, why: waits }, holders }) => (
        <Stack gap="xs">
          <Text size="sm">
            {rollout === null
              ? 'None is running.'
              : `Version ${rollout.version} is in stage ${rollout.stage + 1}, at ${rollout.nodes.length} nodes: ${next ?? ''} ${waits}`}
          </Text>
          {holders.length === 0 ? (
            <Nothing>No node is to hold it.</Nothing>
          ) : (
            <Table verticalSpacing={4}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Node</Table.Th>
                  <Table.Th>Is to hold</Table.Th>
                  <Table.Th>Holds</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {holders.map(({ node, wanted, reported }) => (
                  <Table.Tr key={node.id}>
                    <Table.Td>
                      {node.name} ({node.cluster}){node.connected ? '' : ', away'}
                    </Table.Td>
                    <Table.Td>{wanted === null ? 'none' : `version ${wanted}`}</Table.Td>
                    <Table.Td>
                      {reported === null
                        ? 'it did not say yet'
                        : `version ${reported.version}, ${reported.state}${reported.why === '' ? '' : `: ${reported.why}`}`}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          )}
          {mayApprove && (rollout !== null || inForce !== null) && (
            <Group gap="xs" align="end">
              <TextInput
                label="Why back"
                size="xs"
                value={why}
                onChange={(event) => setWhy(event.currentTarget.value)}
              />
              <Button
                size="xs"
                variant="default"
                disabled={why.trim() === ''}
                loading={back.isPending}
                onClick={() => back.mutate()}
              >
                Roll back at once
              </Button>
            </Group>
          )}
          {back.error !== null && <Trouble error={back.error} />}
        </Stack>
      )}
    </Asked>
  );
}
