import { createHash } from 'node:crypto';
import { resolve } from 'node:path';

const DEFAULT_STATE = '/var/lib/runward';
const BPF_FILE_SYSTEM = '/sys/fs/bpf';

/**
 * Where the enforcement of a state folder's policies is pinned. Each folder has a place of its own: what an agent with
 * other policies has in force is none of this one's business.
 */
export function pinFolderOf(state: string): string {
  const folder = resolve(state);
  if (folder === DEFAULT_STATE) return `${BPF_FILE_SYSTEM}/runward`;
  return `${BPF_FILE_SYSTEM}/runward-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`;
}
