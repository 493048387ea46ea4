import { Code, Stack, Text } from '@mantine/core';
import { useMemo } from 'react';
import { Nothing } from './asked.js';
import { explainText } from './rule-help.js';

/** What the agent makes of each rule: its condition written out, the events it needs, what it costs. */
export default function Explanation({ text }: { readonly text: string }) {
  const rules = useMemo(() => explainText(text), [text]);
  if (rules.length === 0)
    return (
      <Nothing>
        It has to be free of errors by itself; what it takes from other files is not known here.
      </Nothing>
    );
  return (
    <Stack gap="sm">
      {rules.map(({ name, condition, eventTypes, cost }) => (
        <div key={name}>
          <Text size="sm" fw={600}>
            {name}
          </Text>
          <Code block style={{ whiteSpace: 'pre-wrap' }}>
            {condition}
          </Code>
          <Text size="sm">
            Looked at for{' '}
            {eventTypes.length > 12 ? `${eventTypes.length} kinds of events` : eventTypes.join(', ')};{' '}
            {cost.class}
            {cost.dearest.length > 0 && `, most of all ${cost.dearest[0]}`}
          </Text>
        </div>
      ))}
    </Stack>
  );
}
