import { createHash } from 'node:crypto';
import type { IndexedPolicy } from '@runward/policy';

/** One digest for a set of policies: the same set gives the same, whatever the order. */
export function digestOf(policies: readonly IndexedPolicy[]): string {
  const parts = policies.map(({ policy, digest }) => `${policy.name}=${digest}\n`).sort();
  return `sha256:${createHash('sha256').update(parts.join('')).digest('hex')}`;
}
