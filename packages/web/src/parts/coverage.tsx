import { Badge } from '@mantine/core';
import type { CoverageMode } from '../api/workloads.js';

export const MODE_COLOURS: Readonly<Record<CoverageMode, string>> = {
  unknown: '#5b6770',
  off: '#5b6770',
  learn: '#2f5fa8',
  monitor: '#8a6d00',
  protect: '#1b6e3c',
};

export const ModeBadge = ({ mode }: { readonly mode: CoverageMode }) => (
  <Badge color={MODE_COLOURS[mode]} variant="filled" size="sm" radius="sm" tt="none">
    {mode}
  </Badge>
);
