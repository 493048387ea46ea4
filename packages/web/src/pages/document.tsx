import { Badge, Group, Stack, Text } from '@mantine/core';
import { useParams } from '@tanstack/react-router';
import { useDocument } from '../api/documents.js';
import { Asked } from '../parts/asked.js';
import { Draft } from '../parts/draft.js';
import { Part } from '../parts/part.js';
import { Progress } from '../parts/progress.js';
import { PageTitle } from '../parts/title.js';
import { Versions } from '../parts/versions.js';

/** One policy, rules, playbook or drill: its text, what became of its versions, and where they are in force. */
export function Document() {
  const { id } = useParams({ from: '/documents/$id' });
  const document = useDocument(id);
  return (
    <Asked of={document}>
      {(found) => (
        <>
          <PageTitle>{found.name}</PageTitle>
          <Stack>
            <Group gap="sm">
              <Badge variant="outline" tt="none">
                {found.kind}
              </Badge>
              <Text size="sm">
                {found.cluster === '*' ? 'all clusters' : found.cluster}, owner {found.owner}, in force:{' '}
                {found.inForce === null ? 'none' : `version ${found.inForce}`}
              </Text>
            </Group>
            <Draft key={found.latest.number} document={found} />
            <Part title="Versions">
              <Versions document={found} />
            </Part>
            <Part title="Roll-out">
              <Progress document={found} />
            </Part>
          </Stack>
        </>
      )}
    </Asked>
  );
}
