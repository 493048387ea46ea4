import { Anchor, Code, List, Paper, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useSettings } from '../api/queries.js';
import { useMay } from '../session.js';

/** What to do on a system that has nothing yet. */
export function FirstSteps() {
  const settings = useSettings();
  const manages = useMay('fleet.manage');
  return (
    <Paper withBorder p="md" component="section" aria-label="First steps">
      <Title order={2} mb="xs">
        First steps
      </Title>
      <Text size="sm" mb="xs">
        No node has enrolled: there is nothing to see yet.
      </Text>
      <List type="ordered" size="sm" spacing="xs">
        <List.Item>
          {manages ? (
            <>
              Under{' '}
              <Anchor component={Link} to="/fleet" size="sm">
                Fleet
              </Anchor>
              , enrol a node: it makes a token that is good for one node and one hour.
            </>
          ) : (
            'Have somebody who manages the fleet make a token for a node.'
          )}
        </List.Item>
        <List.Item>
          On the machine whose containers are to be protected, start the agent with it:
          <Code
            block
          >{`runward run --server https://${window.location.hostname}:${settings.data?.linkPort ?? 7443} --token rwt1.…`}</Code>
        </List.Item>
        <List.Item>
          It is here within seconds. To see what an attack looks like, run the demo on that machine; its
          containers are harmless and removed again:
          <Code block>make demo</Code>
          or exercises that are scored: <Code>runward drill run</Code>
        </List.Item>
      </List>
    </Paper>
  );
}
