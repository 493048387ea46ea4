import { Button, Center, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../api/client.js';
import { Trouble } from '../parts/asked.js';

/** For whom somebody else has set a password. */
export function NewPassword({ done }: { readonly done: () => void }) {
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const change = useMutation({
    mutationFn: () => ask<void>('PUT', '/session/password', { current, password }),
    onSuccess: done,
  });
  return (
    <Center component="main" mih="100vh" p="md">
      <Paper withBorder p="lg" w={380}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            change.mutate();
          }}
        >
          <Stack>
            <Title order={1}>A password of your own</Title>
            <Text size="sm">
              The one you have was set by somebody else. Choose another, of at least 12 characters.
            </Text>
            {change.error !== null && <Trouble error={change.error} />}
            <PasswordInput
              label="The password you were given"
              autoComplete="current-password"
              required
              value={current}
              onChange={(event) => setCurrent(event.currentTarget.value)}
            />
            <PasswordInput
              label="Your new password"
              autoComplete="new-password"
              required
              minLength={12}
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
            <Button type="submit" loading={change.isPending}>
              Set it
            </Button>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}
