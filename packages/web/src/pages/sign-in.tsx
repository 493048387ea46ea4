import { Button, Center, Divider, Paper, PasswordInput, Stack, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../api/client.js';
import type { Session } from '../api/types.js';
import { Trouble } from '../parts/asked.js';

interface Ways {
  readonly password: boolean;
  readonly provider: { readonly name: string } | null;
}

export function SignIn({ done }: { readonly done: () => void }) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const ways = useQuery({ queryKey: ['ways'], queryFn: () => ask<Ways>('GET', '/session/ways') });
  const signIn = useMutation({
    mutationFn: () => ask<Session>('POST', '/session', { name, password }),
    onSuccess: done,
  });
  const provider = useMutation({
    mutationFn: () => ask<{ url: string }>('POST', '/session/provider'),
    onSuccess: ({ url }) => window.location.assign(url),
  });
  const trouble = signIn.error ?? provider.error;
  return (
    <Center component="main" mih="100vh" p="md">
      <Paper withBorder p="lg" w={360}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            signIn.mutate();
          }}
        >
          <Stack>
            <Title order={1}>Runward</Title>
            {trouble !== null && <Trouble error={trouble} />}
            {ways.data?.provider != null && (
              <>
                <Button loading={provider.isPending} onClick={() => provider.mutate()}>
                  Sign in with {ways.data.provider.name}
                </Button>
                <Divider label="or" />
              </>
            )}
            <TextInput
              label="Name"
              name="name"
              autoComplete="username"
              autoFocus
              required
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <PasswordInput
              label="Password"
              name="password"
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
            <Button
              type="submit"
              loading={signIn.isPending}
              variant={ways.data?.provider == null ? 'filled' : 'default'}
            >
              Sign in
            </Button>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}
