import { Alert, Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../api/client.js';
import { Trouble } from './asked.js';

interface Done {
  readonly done: boolean;
  readonly problem: string;
  readonly result: {
    readonly responses?: readonly { readonly id: string; readonly result: string }[];
  } | null;
}

/** What each does, told before it is done. */
const ACTIONS = {
  pause:
    'Freezes every process of the container. What it has in memory stays; it goes on when this is undone.',
  isolate:
    'Cuts the container off the network and off other containers, connections that are open included. It goes on running.',
  quarantine:
    'Keeps the container from being started again, and freezes it, or isolates it where it cannot be frozen.',
  'kill-container':
    'Ends every process of the container. This cannot be undone, and a runtime or Kubernetes may start it again.',
} as const;
type ActionName = keyof typeof ACTIONS;

interface RespondProps {
  readonly nodeId: string;
  readonly container: { readonly id: string; readonly name: string };
}

/** Acts on a container: what will happen is said first, what was done can be taken back. */
export function Respond({ nodeId, container }: RespondProps) {
  const [isOpen, setOpen] = useState(false);
  const [action, setAction] = useState<ActionName>('pause');
  const [why, setWhy] = useState('');
  const respond = useMutation({
    mutationFn: () =>
      ask<Done>('POST', `/nodes/${nodeId}/respond`, { container: container.id, order: { action }, why }),
  });
  const [first] = respond.data?.result?.responses ?? [];
  const undo = useMutation({
    mutationFn: (response: string) => ask<Done>('POST', `/nodes/${nodeId}/undo`, { response }),
  });
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setOpen(true)}>
        Respond: {container.name}
      </Button>
      <Modal opened={isOpen} onClose={() => setOpen(false)} title={`Respond to ${container.name}`}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            respond.mutate();
          }}
        >
          <Stack>
            <Select
              label="Action"
              data={Object.keys(ACTIONS)}
              value={action}
              allowDeselect={false}
              onChange={(value) => setAction((value ?? 'pause') as ActionName)} // one of the list
            />
            <Text size="sm">{ACTIONS[action]}</Text>
            <TextInput
              label="Why"
              description="Is put on record"
              required
              value={why}
              onChange={(event) => setWhy(event.currentTarget.value)}
            />
            {respond.error !== null && <Trouble error={respond.error} />}
            {respond.data?.done === false && <Trouble error={new Error(respond.data.problem)} />}
            {respond.data?.done === true && (
              <Alert color="sea" title="Done at the node" role="status">
                {undo.data?.done === true ? 'And taken back.' : 'It is on record at the node and here.'}
              </Alert>
            )}
            {undo.error !== null && <Trouble error={undo.error} />}
            <Group justify="flex-end">
              {first !== undefined && action !== 'kill-container' && undo.data?.done !== true && (
                <Button variant="default" loading={undo.isPending} onClick={() => undo.mutate(first.id)}>
                  Undo
                </Button>
              )}
              <Button type="submit" color="red" loading={respond.isPending} disabled={why.trim() === ''}>
                {action}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
