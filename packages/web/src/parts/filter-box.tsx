import { Box, Text, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { Problem } from '../api/problem.js';

interface FilterFault {
  readonly message: string;
  readonly start?: number;
  readonly end?: number;
}

/** What the server says is wrong with a filter; undefined: it is something else, or nothing. */
export const filterFaultOf = (error: unknown): FilterFault | undefined =>
  error instanceof Problem ? error.faults.find(({ at }) => at === 'query.filter') : undefined;

interface FilterBoxProps {
  readonly value: string | undefined;
  readonly set: (value: string | undefined) => void;
  readonly error: unknown;
  readonly example: string;
}

/** A condition in the language of rules; what is wrong with it is said below, where it is. */
export function FilterBox({ value = '', set, error, example }: FilterBoxProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const fault = filterFaultOf(error);
  const apply = (): void => set(text.trim() === '' ? undefined : text);
  return (
    <Box
      component="form"
      mb="xs"
      onSubmit={(event: React.FormEvent) => {
        event.preventDefault();
        apply();
      }}
    >
      <TextInput
        label="Filter"
        size="xs"
        placeholder={example}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        spellCheck={false}
        maxLength={4096}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={apply}
        error={fault === undefined ? undefined : <Wrong text={value} fault={fault} />}
      />
    </Box>
  );
}

function Wrong({ text, fault: { message, start = 0, end = 0 } }: { text: string; fault: FilterFault }) {
  return (
    <>
      <Text span size="xs" ff="monospace">
        {text.slice(0, start)}
        <mark>{text.slice(start, Math.max(end, start + 1)) || '␣'}</mark>
        {text.slice(Math.max(end, start + 1))}
      </Text>
      <br />
      {message}
    </>
  );
}
