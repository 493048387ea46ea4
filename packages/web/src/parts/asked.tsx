import { Alert, Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Problem } from '../api/problem.js';

/** What went wrong, where, and what to do. */
export function Trouble({ error, again }: { readonly error: unknown; readonly again?: () => void }) {
  const known = error instanceof Problem ? error : undefined;
  return (
    <Alert color="red" variant="light" title={known?.message ?? String(error)} role="alert">
      <Stack gap="xs">
        {known?.faults.map(({ at, message }) => (
          <Text size="sm" key={at + message}>
            <code>{at}</code>: {message}
          </Text>
        ))}
        {known !== undefined && known.help !== '' && <Text size="sm">{known.help}</Text>}
        {again !== undefined && (
          <Group>
            <Button size="xs" variant="default" onClick={again}>
              Try again
            </Button>
          </Group>
        )}
      </Stack>
    </Alert>
  );
}

interface AskedProps<T> {
  readonly of: UseQueryResult<T>;
  readonly children: (data: T) => ReactNode;
}

/** What was asked for, or that it is on its way, or why it is not there. What is old stays while news are asked. */
export function Asked<T>({ of, children }: AskedProps<T>) {
  if (of.data !== undefined)
    return (
      <>
        {of.isError && <Trouble error={of.error} again={() => void of.refetch()} />}
        {children(of.data)}
      </>
    );
  if (of.isError) return <Trouble error={of.error} again={() => void of.refetch()} />;
  return <Skeleton height={160} role="status" aria-label="is asked for" />;
}

export const Nothing = ({ children }: { readonly children: ReactNode }) => (
  <Text c="dimmed" size="sm" py="md">
    {children}
  </Text>
);
