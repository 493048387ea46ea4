import { Anchor, Button, PasswordInput, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { ask } from '../api/client.js';
import { useSettings } from '../api/queries.js';
import { Asked, Trouble } from '../parts/asked.js';
import { grantText } from '../parts/grants.js';
import { Part } from '../parts/part.js';
import { PageTitle } from '../parts/title.js';
import { When } from '../parts/when.js';
import { useSession } from '../session.js';

const Facts = ({ rows }: { readonly rows: readonly (readonly [string, ReactNode])[] }) => (
  <Table verticalSpacing={4} layout="fixed">
    <Table.Tbody>
      {rows.map(([name, value]) => (
        <Table.Tr key={name}>
          <Table.Th scope="row" w="40%">
            {name}
          </Table.Th>
          <Table.Td style={{ overflowWrap: 'anywhere' }}>{value}</Table.Td>
        </Table.Tr>
      ))}
    </Table.Tbody>
  </Table>
);

function NewPassword() {
  const queries = useQueryClient();
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const change = useMutation({
    mutationFn: () => ask('PUT', '/session/password', { current, password }),
    onSuccess: () => {
      // The session is another one now, with another proof.
      void queries.invalidateQueries({ queryKey: ['session'] });
      setCurrent('');
      setPassword('');
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate();
      }}
    >
      <Stack gap="xs">
        <PasswordInput
          label="Password now"
          autoComplete="current-password"
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
        />
        <PasswordInput
          label="New password"
          autoComplete="new-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {change.error !== null && <Trouble error={change.error} />}
        {change.isSuccess && (
          <Text size="sm" role="status">
            Changed. Your other sessions have ended.
          </Text>
        )}
        <Button
          type="submit"
          size="xs"
          variant="default"
          loading={change.isPending}
          disabled={current === '' || password === ''}
        >
          Change it
        </Button>
      </Stack>
    </form>
  );
}

export function Settings() {
  const settings = useSettings();
  const { person } = useSession();
  return (
    <>
      <PageTitle>Settings</PageTitle>
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        <Part title="This server">
          <Asked of={settings}>
            {({ version, keepMs, fourEyes, provider, authority, linkPort }) => (
              <Facts
                rows={[
                  ['Version', version],
                  ['What nodes told is kept', `${Math.round(keepMs / 86_400_000)} days (--keep-days)`],
                  [
                    'Identity provider',
                    provider === null ? 'none (--provider FILE)' : `${provider.name}, ${provider.issuer}`,
                  ],
                  [
                    'Who approves',
                    fourEyes ? 'somebody other than the author' : 'whoever may, also the author',
                  ],
                  ['Agents connect to port', linkPort],
                  ['Its authority (SHA-256)', <code key="authority">{authority}</code>],
                ]}
              />
            )}
          </Asked>
          <Text size="sm" mt="xs">
            These are set where the server is started. Outputs, such as a SIEM, are set at the nodes (
            <code>runward run --outputs FILE</code>).
          </Text>
        </Part>
        <Part title="Your account">
          <Facts
            rows={[
              ['Name', person.name],
              ['Roles', person.grants.map(grantText).join('; ')],
              ['Since', <When key="since" ms={person.createdAt} />],
              [
                'Tokens for programs',
                <Anchor key="tokens" component={Link} to="/tokens" size="sm">
                  Tokens
                </Anchor>,
              ],
            ]}
          />
        </Part>
        <Part title="Your password">
          <NewPassword />
        </Part>
      </SimpleGrid>
    </>
  );
}
