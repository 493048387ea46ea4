import { Button, Code, Group, Stack, Table, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../api/client.js';
import { useDiff, useVersions } from '../api/documents.js';
import type { DocumentVersion, GovernedDocument } from '../api/types.js';
import { useMay } from '../session.js';
import { Asked, Trouble } from './asked.js';
import { When } from './when.js';

const SIGNS = { same: ' ', removed: '−', added: '+' } as const;

function Diff({ id, from, to }: { readonly id: string; readonly from: number; readonly to: number }) {
  const diff = useDiff(id, from, to);
  return (
    <Asked of={diff}>
      {({ lines }) => (
        <Code
          block
          tabIndex={0}
          mah={360}
          style={{ overflow: 'auto' }}
          aria-label={`From version ${from} to ${to}`}
        >
          {lines.map(({ change, text }) => `${SIGNS[change]} ${text}`).join('\n')}
        </Code>
      )}
    </Asked>
  );
}

/** What may be decided about a version, by its state. */
const STEPS: Readonly<
  Record<string, readonly (readonly [step: string, label: string, permission: 'write' | 'approve'])[]>
> = {
  draft: [['submit', 'Submit for review', 'write']],
  review: [
    ['approve', 'Approve', 'approve'],
    ['reject', 'Reject', 'approve'],
  ],
};

/** Drafts, reviews and what was decided; each can be held against the one before. */
export function Versions({ document: { id } }: { readonly document: GovernedDocument }) {
  const versions = useVersions(id);
  const queries = useQueryClient();
  const may = { write: useMay('policies.write'), approve: useMay('policies.approve') };
  const [shown, setShown] = useState<number>();
  const step = useMutation({
    mutationFn: ({ number, step: what }: { number: number; step: string }) =>
      ask('POST', `/documents/${id}/versions/${number}/${what}`, what === 'submit' ? undefined : {}),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['document', id] }),
  });
  const rollOut = useMutation({
    mutationFn: (version: number) => ask('POST', `/documents/${id}/rollouts`, { version }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['document', id] }),
  });
  const actions = ({ number, state }: DocumentVersion) => (
    <Group gap={4}>
      {number > 1 && (
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => setShown(shown === number ? undefined : number)}
        >
          Changes of {number}
        </Button>
      )}
      {(STEPS[state] ?? [])
        .filter(([, , permission]) => may[permission])
        .map(([what, label]) => (
          <Button
            key={what}
            size="compact-xs"
            variant="default"
            loading={step.isPending}
            onClick={() => step.mutate({ number, step: what })}
          >
            {label}
          </Button>
        ))}
      {state === 'approved' && may.approve && (
        <Button size="compact-xs" loading={rollOut.isPending} onClick={() => rollOut.mutate(number)}>
          Roll out
        </Button>
      )}
    </Group>
  );
  return (
    <Asked of={versions}>
      {({ items }) => (
        <Stack gap="xs">
          <Table verticalSpacing={4}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Version</Table.Th>
                <Table.Th>State</Table.Th>
                <Table.Th>By</Table.Th>
                <Table.Th>When</Table.Th>
                <Table.Th>Note</Table.Th>
                <Table.Th>Decide</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map((version) => (
                <Table.Tr key={version.number}>
                  <Table.Td>{version.number}</Table.Td>
                  <Table.Td>
                    {version.state}
                    {version.decision !== null && ` by ${version.decision.by.name}`}
                  </Table.Td>
                  <Table.Td>{version.author.name}</Table.Td>
                  <Table.Td>
                    <When ms={version.createdAt} />
                  </Table.Td>
                  <Table.Td>{version.note}</Table.Td>
                  <Table.Td>{actions(version)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          {step.error !== null && <Trouble error={step.error} />}
          {rollOut.error !== null && <Trouble error={rollOut.error} />}
          {shown !== undefined && (
            <>
              <Text size="sm">
                What version {shown} says and {shown - 1} does not:
              </Text>
              <Diff id={id} from={shown - 1} to={shown} />
            </>
          )}
        </Stack>
      )}
    </Asked>
  );
}
