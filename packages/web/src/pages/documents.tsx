import { Button, Group, Modal, Select, Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { ask } from '../api/client.js';
import { useDocuments } from '../api/documents.js';
import type { DocumentKind, GovernedDocument } from '../api/types.js';
import { Asked, Nothing, Trouble } from '../parts/asked.js';
import { type Column, Rows } from '../parts/rows.js';
import { PageTitle } from '../parts/title.js';
import { useMay } from '../session.js';

const COLUMNS: readonly Column<GovernedDocument>[] = [
  { head: 'Kind', width: '90px', cell: ({ kind }) => kind },
  { head: 'Name', cell: ({ name }) => name },
  {
    head: 'Where',
    width: '18%',
    cell: ({ cluster, namespace }) => (namespace === '*' ? cluster : `${cluster}/${namespace}`),
  },
  { head: 'Owner', width: '16%', cell: ({ owner }) => owner },
  { head: 'In force', width: '90px', cell: ({ inForce }) => inForce ?? 'none' },
  { head: 'Latest', width: '150px', cell: ({ latest }) => `${latest.number}, ${latest.state}` },
];

/** What a new one begins with: it is read as it stands, and does next to nothing. */
const BEGINNINGS: Partial<Record<DocumentKind, string>> = {
  rules: `- rule: Shell in a container
  desc: a shell was started
  condition: evt.type in (execve, execveat) and container.id != host and proc.name in (sh, bash)
  output: 'A shell was started (command=%proc.cmdline container=%container.name)'
  priority: NOTICE
`,
  policy: `apiVersion: runward.dev/v1alpha1
kind: RuntimePolicy
metadata:
  name: NAME
spec:
  selector: {}
  process:
    mode: monitor
    deny: [{ path: /usr/bin/nc }]
`,
};

function NewDocument() {
  const navigate = useNavigate();
  const [isOpen, setOpen] = useState(false);
  const [kind, setKind] = useState<DocumentKind>('rules');
  const [name, setName] = useState('');
  const create = useMutation({
    mutationFn: () =>
      ask<{ readonly document: GovernedDocument }>('POST', '/documents', {
        ...{ kind, name, note: 'first draft', text: (BEGINNINGS[kind] ?? '').replace('NAME', name) },
      }),
    onSuccess: ({ document }) => navigate({ to: `/documents/${document.id}` }),
  });
  return (
    <>
      <Button size="xs" onClick={() => setOpen(true)}>
        New
      </Button>
      <Modal opened={isOpen} onClose={() => setOpen(false)} title="A new document">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            create.mutate();
          }}
        >
          <Stack>
            <Select
              label="Kind"
              allowDeselect={false}
              data={Object.keys(BEGINNINGS)}
              value={kind}
              onChange={(value) => setKind((value ?? 'rules') as DocumentKind)} // one of the list
            />
            <TextInput
              label="Name"
              description="Small letters, digits and -"
              required
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            {create.error !== null && <Trouble error={create.error} />}
            <Group justify="flex-end">
              <Button type="submit" loading={create.isPending}>
                Begin a draft
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}

/** Policies, rules, playbooks and drills, each with its versions. */
export function Documents() {
  const documents = useDocuments();
  const navigate = useNavigate();
  const mayWrite = useMay('policies.write');
  return (
    <>
      <PageTitle beside={mayWrite && <NewDocument />}>Policies and rules</PageTitle>
      <Asked of={documents}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          return items.length === 0 ? (
            <Nothing>
              This server hands no document to nodes. They go by their own rules and policies until it does.
            </Nothing>
          ) : (
            <Rows
              label="Documents"
              items={items}
              columns={COLUMNS}
              keyOf={({ id }) => id}
              open={({ id }) => void navigate({ to: `/documents/${id}` })}
              more={
                documents.hasNextPage && !documents.isFetchingNextPage
                  ? () => void documents.fetchNextPage()
                  : undefined
              }
            />
          );
        }}
      </Asked>
    </>
  );
}
