import { Box, Text } from '@mantine/core';
import type { Process } from '../api/types.js';

/** Who started whom, from where the container begins. What matched a rule itself stands out. */
export function ProcessTree({ processes }: { readonly processes: readonly Process[] }) {
  const isShown = ({ container, rules }: Process): boolean => container !== '' || rules.length > 0;
  const shown = processes.filter(isShown);
  const known = new Set(shown.map(({ key }) => key));
  const above = processes.filter((each) => !isShown(each));
  const below = (parent: string): readonly Process[] =>
    shown.filter((each) =>
      parent === '' ? !known.has(each.parent) : each.parent === parent && each.key !== parent,
    );
  const branch = (parent: string, path: ReadonlySet<string>) => (
    <Box component="ul" m={0} pl={parent === '' ? 0 : 'md'} style={{ listStyle: 'none' }}>
      {below(parent)
        .filter(({ key }) => !path.has(key))
        .map((each) => (
          <li key={each.key}>
            <Text
              size="sm"
              ff="monospace"
              fw={each.rules.length > 0 ? 700 : 400}
              style={{ overflowWrap: 'anywhere' }}
            >
              {each.pid} {each.command === '' ? each.name : each.command}
              <Text span size="xs" c="dimmed">
                {' '}
                {each.user} {each.exe}
                {each.rules.length > 0 && ` · ${each.rules.join(', ')}`}
              </Text>
            </Text>
            {branch(each.key, new Set([...path, each.key]))}
          </li>
        ))}
    </Box>
  );
  return (
    <>
      {above.length > 0 && (
        <Text size="xs" c="dimmed" mb={4}>
          Above: {above.length} of the host
        </Text>
      )}
      {branch('', new Set())}
    </>
  );
}
