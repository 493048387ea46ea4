import { Alert, Button, Group, Stack, Text, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../api/client.js';
import type { Incident } from '../api/types.js';
import { Trouble } from './asked.js';
import { Exception, type ProposedException } from './exception.js';

interface Told {
  readonly done: boolean;
  readonly problem: string;
  readonly result: { readonly exception?: ProposedException } | null;
}

const MOVES = {
  note: 'Add a note',
  assign: 'Take it, or assign it to whom is named',
  contain: 'It is contained',
  resolve: 'Resolve',
  'false-positive': 'It is a false positive',
  reopen: 'Open it again',
} as const;
type Move = keyof typeof MOVES;

const isClosed = (state: string): boolean => state === 'resolved' || state === 'false-positive';

const movesOf = (state: string): readonly Move[] =>
  isClosed(state) ? ['note', 'reopen'] : ['note', 'assign', 'contain', 'resolve', 'false-positive'];

interface IncidentWorkProps {
  readonly nodeId: string;
  readonly incident: Incident;
}

/** What is decided about an incident. It is done at the node that keeps it, and comes back from there. */
export function IncidentWork({ nodeId, incident: { id, state } }: IncidentWorkProps) {
  const [text, setText] = useState('');
  const move = useMutation({
    mutationFn: (what: Move) =>
      ask<Told>('POST', `/nodes/${nodeId}/incidents/${encodeURIComponent(id)}/moves`, { do: what, text }),
    onSuccess: ({ done }) => {
      if (done) setText('');
    },
  });
  const exception = move.data?.result?.exception;
  return (
    <Stack gap="xs">
      <Textarea
        label="Note, reason, or name"
        description="Is kept with the incident, with who and when"
        autosize
        minRows={2}
        maxLength={4000}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Group gap="xs">
        {movesOf(state)
          .filter((what) => what !== 'contain' || state !== 'contained')
          .map((what) => (
            <Button
              key={what}
              size="xs"
              variant="default"
              disabled={what === 'note' && text.trim() === ''}
              loading={move.isPending && move.variables === what}
              onClick={() => move.mutate(what)}
            >
              {MOVES[what]}
            </Button>
          ))}
      </Group>
      {move.error !== null && <Trouble error={move.error} />}
      {move.data?.done === false && <Trouble error={new Error(move.data.problem)} />}
      {move.data?.done === true && (
        <Alert color="sea" title="Done at the node" role="status">
          <Text size="sm">
            {exception === undefined
              ? 'It is on record there and here.'
              : 'The same by the same programs is counted from now on, and opens nothing.'}
          </Text>
        </Alert>
      )}
      {exception !== undefined && <Exception exception={exception} name={id} />}
    </Stack>
  );
}
