import { Button, Code, Group, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { ask } from '../api/client.js';
import { useCheck, useVersion } from '../api/documents.js';
import type { Diagnostic, GovernedDocument } from '../api/types.js';
import { useMay } from '../session.js';
import { Asked, Trouble } from './asked.js';
import { Part } from './part.js';

// Rules and the editor are larger than all other pages together: loaded where they are looked at.
const Editor = lazy(() => import('./editor.js'));
const Explanation = lazy(() => import('./explanation.js'));

const NONE: readonly Diagnostic[] = [];

export function Draft({ document }: { readonly document: GovernedDocument }) {
  const latest = useVersion(document.id, document.latest.number);
  return (
    <Asked of={latest}>{({ text }) => <Writing key={document.id} document={document} saved={text} />}</Asked>
  );
}

/** The text of the latest version, to be changed: what is wrong with it is said while it is written. */
function Writing({ document, saved }: { readonly document: GovernedDocument; readonly saved: string }) {
  const { id, kind, name } = document;
  const queries = useQueryClient();
  const mayWrite = useMay('policies.write');
  const [text, setText] = useState(saved);
  const [note, setNote] = useState('');
  const [asked] = useDebouncedValue(text, 400);
  const check = useCheck(kind, name, asked, mayWrite);
  const found = check.data ?? NONE;
  const errors = found.filter(({ severity }) => severity === 'error').length;
  const save = useMutation({
    mutationFn: () => ask('POST', `/documents/${id}/versions`, { text, note }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['document', id] }),
  });
  return (
    <>
      <Part title="Text">
        <Stack gap="xs">
          <Suspense fallback={<Skeleton height={200} role="status" aria-label="is loaded" />}>
            <Editor value={text} change={setText} diagnostics={found} isFixed={!mayWrite} />
          </Suspense>
          <Text size="sm" role="status">
            {found.length === 0
              ? 'Nothing is wrong with it.'
              : `${errors} errors, ${found.length - errors} warnings`}
          </Text>
          {found.slice(0, 20).map(({ span, code, message, help }) => (
            <Text size="sm" key={`${span.line} ${span.column} ${code} ${message}`}>
              <Code>
                {span.line}:{span.column}
              </Code>{' '}
              {message} {help}
            </Text>
          ))}
          {mayWrite && (
            <Group align="end" gap="xs">
              <TextInput
                label="What is new in it"
                size="xs"
                w={360}
                value={note}
                onChange={(event) => setNote(event.currentTarget.value)}
              />
              <Button
                size="xs"
                disabled={text === saved || errors > 0}
                loading={save.isPending}
                onClick={() => save.mutate()}
              >
                Save as version {document.latest.number + 1}
              </Button>
            </Group>
          )}
          {save.error !== null && <Trouble error={save.error} />}
        </Stack>
      </Part>
      {kind === 'rules' && (
        <Part title="How it is read">
          <Suspense fallback={<Skeleton height={80} role="status" aria-label="is loaded" />}>
            <Explanation text={asked} />
          </Suspense>
        </Part>
      )}
    </>
  );
}
