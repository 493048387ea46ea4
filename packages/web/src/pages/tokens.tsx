import { Alert, Button, Code, Group, Modal, NumberInput, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../api/client.js';
import { useTokens } from '../api/queries.js';
import type { Token } from '../api/types.js';
import { Asked, Nothing, Trouble } from '../parts/asked.js';
import { Grants, grantText } from '../parts/grants.js';
import { type Column, Rows } from '../parts/rows.js';
import { PageTitle } from '../parts/title.js';
import { When } from '../parts/when.js';
import { useSession } from '../session.js';

const COLUMNS: readonly Column<Token>[] = [
  { head: 'Name', width: '24%', cell: ({ name }) => name },
  { head: 'May', cell: ({ grants }) => grants.map(grantText).join(', ') },
  { head: 'Expires', width: '170px', cell: ({ expiresAt }) => <When ms={expiresAt} /> },
  { head: 'Last used', width: '170px', cell: ({ usedAt }) => <When ms={usedAt} /> },
];

function NewToken() {
  const queries = useQueryClient();
  const { person } = useSession();
  const [name, setName] = useState('');
  const [grants, setGrants] = useState(person.grants);
  const [days, setDays] = useState<number | string>(90);
  const create = useMutation({
    mutationFn: () => ask<{ secret: string }>('POST', '/tokens', { name, grants, days: Number(days) }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['tokens'] }),
  });
  if (create.data !== undefined)
    return (
      <Alert title="Told this once" role="status">
        <Code block>{create.data.secret}</Code>
      </Alert>
    );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate();
      }}
    >
      <Stack>
        <TextInput
          label="Name"
          required
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Grants value={grants} change={setGrants} />
        <NumberInput label="Days" min={1} max={366} value={days} onChange={setDays} />
        {create.error !== null && <Trouble error={create.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={create.isPending}>
            Make it
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function TokenDetails({ token, close }: { readonly token: Token; readonly close: () => void }) {
  const queries = useQueryClient();
  const end = useMutation({
    mutationFn: () => ask('DELETE', `/tokens/${token.id}`),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['tokens'] });
      close();
    },
  });
  return (
    <Stack>
      {end.error !== null && <Trouble error={end.error} />}
      <Group justify="flex-end">
        <Button color="red" loading={end.isPending} onClick={() => end.mutate()}>
          End this token
        </Button>
      </Group>
    </Stack>
  );
}

/** For programs: one's own. */
export function Tokens() {
  const tokens = useTokens();
  const [open, setOpen] = useState<Token | 'new'>();
  const close = (): void => setOpen(undefined);
  return (
    <>
      <PageTitle
        beside={
          <Button size="xs" onClick={() => setOpen('new')}>
            New token
          </Button>
        }
      >
        Tokens
      </PageTitle>
      <Asked of={tokens}>
        {({ items }) =>
          items.length === 0 ? (
            <Nothing>You have no token. Programs ask the API with one.</Nothing>
          ) : (
            <Rows label="Tokens" items={items} columns={COLUMNS} keyOf={({ id }) => id} open={setOpen} />
          )
        }
      </Asked>
      <Modal
        opened={open !== undefined}
        onClose={close}
        title={open === 'new' ? 'New token' : (open?.name ?? '')}
        size="xl"
      >
        {open === 'new' && <NewToken />}
        {open !== undefined && open !== 'new' && <TokenDetails token={open} close={close} />}
      </Modal>
    </>
  );
}
