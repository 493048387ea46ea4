import { Button, Group, Modal, PasswordInput, Stack, Switch, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../api/client.js';
import { usePeople } from '../api/queries.js';
import type { Grant, Person } from '../api/types.js';
import { Asked, Trouble } from '../parts/asked.js';
import { Grants, grantText } from '../parts/grants.js';
import { type Column, Rows } from '../parts/rows.js';
import { PageTitle } from '../parts/title.js';
import { When } from '../parts/when.js';

const COLUMNS: readonly Column<Person>[] = [
  { head: 'Name', width: '16%', cell: ({ name }) => name },
  { head: 'Called', width: '20%', cell: ({ displayName }) => displayName },
  { head: 'May', cell: ({ grants }) => grants.map(grantText).join(', ') },
  { head: 'State', width: '110px', cell: ({ disabled }) => (disabled ? 'disabled' : '') },
  { head: 'Last seen', width: '170px', cell: ({ seenAt }) => <When ms={seenAt} /> },
];

const VIEWER: readonly Grant[] = [{ role: 'viewer', cluster: '*', namespace: '*', workload: '*' }];

/** A new account, or one that is there. */
function Account({ person, close }: { readonly person: Person | undefined; readonly close: () => void }) {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [displayName, setDisplayName] = useState(person?.displayName ?? '');
  const [grants, setGrants] = useState(person?.grants ?? VIEWER);
  const [disabled, setDisabled] = useState(person?.disabled ?? false);
  const [password, setPassword] = useState('');
  const done = async (): Promise<void> => {
    await queries.invalidateQueries({ queryKey: ['people'] });
    close();
  };
  const save = useMutation({
    mutationFn: async () => {
      if (person === undefined) return ask('POST', '/people', { name, displayName, grants, password });
      await ask('PATCH', `/people/${person.id}`, { displayName, grants, disabled });
      if (password !== '') await ask('PUT', `/people/${person.id}/password`, { password });
    },
    onSuccess: done,
  });
  const remove = useMutation({
    mutationFn: () => ask('DELETE', `/people/${person?.id ?? ''}`),
    onSuccess: done,
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack>
        {person === undefined && (
          <TextInput
            label="Name"
            description="For signing in"
            required
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        )}
        <TextInput
          label="Called"
          required
          value={displayName}
          onChange={(event) => setDisplayName(event.currentTarget.value)}
        />
        <Grants value={grants} change={setGrants} />
        <PasswordInput
          label={person === undefined ? 'Password' : 'A new password'}
          description="Has to be changed at the first use"
          required={person === undefined}
          minLength={12}
          autoComplete="new-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {person !== undefined && (
          <Switch
            label="Disabled"
            checked={disabled}
            onChange={(event) => setDisabled(event.currentTarget.checked)}
          />
        )}
        {save.error !== null && <Trouble error={save.error} />}
        {remove.error !== null && <Trouble error={remove.error} />}
        <Group justify="flex-end">
          {person !== undefined && (
            <Button color="red" variant="outline" loading={remove.isPending} onClick={() => remove.mutate()}>
              Remove
            </Button>
          )}
          <Button type="submit" loading={save.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

export function People() {
  const people = usePeople();
  const [open, setOpen] = useState<Person | 'new'>();
  const close = (): void => setOpen(undefined);
  return (
    <>
      <PageTitle
        beside={
          <Button size="xs" onClick={() => setOpen('new')}>
            New account
          </Button>
        }
      >
        People
      </PageTitle>
      <Asked of={people}>
        {({ items }) => (
          <Rows label="People" items={items} columns={COLUMNS} keyOf={({ id }) => id} open={setOpen} />
        )}
      </Asked>
      <Modal
        opened={open !== undefined}
        onClose={close}
        title={open === 'new' ? 'New account' : (open?.name ?? '')}
        size="xl"
      >
        {open !== undefined && <Account person={open === 'new' ? undefined : open} close={close} />}
      </Modal>
    </>
  );
}
