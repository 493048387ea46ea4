import { Badge } from '@mantine/core';
import type { NodeTrust } from '../api/types.js';

const COLOURS = { trusted: 'teal.9', failed: 'red.9', unknown: 'gray' } as const;

/** Whether a machine is what it is expected to be. */
export const TrustBadge = ({ state }: Pick<NodeTrust, 'state'>) => (
  <Badge color={COLOURS[state]} variant={state === 'unknown' ? 'light' : 'filled'} tt="none">
    {state === 'failed' ? 'not trusted' : state}
  </Badge>
);
