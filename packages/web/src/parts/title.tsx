import { Group, Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';

/** The heading of a page, which is its name in the browser as well. */
export function PageTitle({ children, beside }: { readonly children: string; readonly beside?: ReactNode }) {
  useEffect(() => {
    document.title = `${children} · Runward`;
  }, [children]);
  return (
    <Group justify="space-between" mb="sm">
      <Title order={1}>{children}</Title>
      {beside}
    </Group>
  );
}
