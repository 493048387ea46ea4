import {
  Alert,
  Button,
  Checkbox,
  CopyButton,
  Group,
  Select,
  Stack,
  Text,
  Textarea,
  Title,
} from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../api/client.js';
import { type MapEdge, propose, type ServiceMap, simulate, type Wish } from '../api/network.js';
import { Trouble } from '../parts/asked.js';
import { useMay } from '../session.js';
import { SimulationView } from './simulation-view.js';

interface ChangeProps {
  readonly map: ServiceMap;
  readonly edge: MapEdge;
}

const NOTHING =
  'Nothing is changed by this: the policy is written, tried on what was recorded, and handed over for review.';

/** From an edge to a policy that allows or denies it, tried before anybody applies it. */
export function ChangePolicy({ map: { period }, edge }: ChangeProps) {
  const ends = [
    ...(edge.clientMode === null ? [] : [{ value: 'client', label: 'of the client' }]),
    ...(edge.serverMode === null ? [] : [{ value: 'server', label: 'of the server' }]),
  ];
  const [decision, setDecision] = useState<Wish['decision']>('deny');
  const [end, setEnd] = useState<Wish['end']>(edge.clientMode === null ? 'server' : 'client');
  const [mode, setMode] = useState<Wish['mode']>('monitor');
  const [text, setText] = useState('');
  const [isTogether, setTogether] = useState(true);
  const trial = useMutation({ mutationFn: (policies: string) => simulate(period, policies, isTogether) });
  const writing = useMutation({
    mutationFn: () => propose(period, { edge: edge.id, decision, end, mode }),
    onSuccess: (proposal) => {
      setText(proposal.text);
      trial.mutate(proposal.text);
    },
  });
  if (ends.length === 0)
    return <Text size="sm">Neither end is a container of a node, so no policy is about them.</Text>;
  return (
    <Stack gap="xs" component="section" aria-label="Allow or deny">
      <Title order={2}>Allow or deny</Title>
      <Text size="sm" c="dimmed">
        {NOTHING}
      </Text>
      <Group align="end">
        <Select
          label="Decision"
          size="xs"
          w={110}
          allowDeselect={false}
          data={[
            { value: 'deny', label: 'deny' },
            { value: 'allow', label: 'allow' },
          ]}
          value={decision}
          onChange={(value) => setDecision(value === 'allow' ? 'allow' : 'deny')}
        />
        <Select
          label="Policy"
          size="xs"
          w={140}
          allowDeselect={false}
          data={ends}
          value={end}
          onChange={(value) => setEnd(value === 'server' ? 'server' : 'client')}
        />
        <Select
          label="Mode"
          size="xs"
          w={120}
          allowDeselect={false}
          data={['monitor', 'protect']}
          value={mode}
          onChange={(value) => setMode(value === 'protect' ? 'protect' : 'monitor')}
        />
        <Button size="xs" loading={writing.isPending} onClick={() => writing.mutate()}>
          Write and try it
        </Button>
      </Group>
      <Checkbox
        size="xs"
        label="Tried together with the policies that documents have in force"
        checked={isTogether}
        onChange={(event) => setTogether(event.currentTarget.checked)}
      />
      {writing.error !== null && <Trouble error={writing.error} />}
      {writing.data?.notes.map((note) => (
        <Text size="sm" key={note}>
          Note: {note}.
        </Text>
      ))}
      {text !== '' && (
        <>
          <Textarea
            label="RuntimePolicy"
            autosize
            maxRows={24}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.75rem' } }}
          />
          <Group>
            <Button size="xs" variant="default" loading={trial.isPending} onClick={() => trial.mutate(text)}>
              Try it again
            </Button>
            <CopyButton value={text}>
              {({ copied, copy }) => (
                <Button size="xs" variant="default" onClick={copy}>
                  {copied ? 'Copied' : 'Copy'}
                </Button>
              )}
            </CopyButton>
            <Draft name={writing.data?.name ?? ''} cluster={edge.cluster} text={text} />
          </Group>
        </>
      )}
      {trial.error !== null && <Trouble error={trial.error} />}
      {trial.data !== undefined && <SimulationView {...trial.data} />}
    </Stack>
  );
}

interface Made {
  readonly document: { readonly id: string };
}

interface DraftProps {
  readonly name: string;
  readonly cluster: string;
  readonly text: string;
}

/** A document that is to be reviewed; what nodes hold changes when it was approved and rolled out. */
function Draft({ name, cluster, text }: DraftProps) {
  const writes = useMay('policies.write');
  const draft = useMutation({
    mutationFn: async () => {
      const order = { kind: 'policy', name, cluster, text, note: 'from the service map' };
      const { document } = await ask<Made>('POST', '/documents', order);
      await ask('POST', `/documents/${document.id}/versions/1/submit`);
      return document;
    },
  });
  if (!writes) return null;
  return (
    <>
      <Button size="xs" loading={draft.isPending} disabled={draft.isSuccess} onClick={() => draft.mutate()}>
        Hand over for review
      </Button>
      {draft.error !== null && <Trouble error={draft.error} />}
      {draft.isSuccess && (
        <Alert color="teal" variant="light" role="status" title={`The policy ${name} is to be reviewed`}>
          It takes effect when it was approved and rolled out.
        </Alert>
      )}
    </>
  );
}
