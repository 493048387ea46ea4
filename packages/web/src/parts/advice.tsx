import { List, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ask } from '../api/client.js';
import { Asked, Nothing } from './asked.js';

interface Step {
  readonly about: string;
  readonly text: string;
}

interface Told {
  readonly done: boolean;
  readonly problem: string;
  readonly result: {
    readonly guidance: {
      readonly means: readonly Step[];
      readonly check: readonly Step[];
      readonly act: readonly Step[];
    };
  } | null;
}

const PARTS = [
  ['means', 'What it means'],
  ['check', 'Look at'],
  ['act', 'Then'],
] as const;

/** In plain words, from the node that has the rules. */
export function Advice({ nodeId, incident }: { readonly nodeId: string; readonly incident: string }) {
  const told = useQuery({
    queryKey: ['advice', nodeId, incident],
    queryFn: () => ask<Told>('GET', `/nodes/${nodeId}/incidents/${encodeURIComponent(incident)}/advice`),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  return (
    <Asked of={told}>
      {({ done, problem, result }) =>
        !done || result === null ? (
          <Nothing>{problem}</Nothing>
        ) : (
          PARTS.filter(([part]) => result.guidance[part].length > 0).map(([part, title]) => (
            <div key={part}>
              <Text size="sm" fw={600}>
                {title}
              </Text>
              <List size="sm" mb="xs">
                {result.guidance[part].map(({ about, text }) => (
                  <List.Item key={about + text}>
                    <b>{about}</b>: {text}
                  </List.Item>
                ))}
              </List>
            </div>
          ))
        )
      }
    </Asked>
  );
}
