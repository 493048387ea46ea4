import { Badge } from '@mantine/core';
import { WEIGHT_COLOURS, weightOf } from '../look/theme.js';

/** The word says it; the colour only repeats it. */
export const Severity = ({ word }: { readonly word: string }) => (
  <Badge variant="filled" color={WEIGHT_COLOURS[weightOf(word)]} size="sm" radius="sm" tt="none">
    {word === '' ? 'none' : word.toLowerCase()}
  </Badge>
);
