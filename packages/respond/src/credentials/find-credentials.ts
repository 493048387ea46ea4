import type { ContainerGroups } from '../container/container-groups.js';
import type { CredentialPlaces } from '../settings/values.js';
import { fieldOf, jsonOf } from '../web/web-client.js';
import { ContainerFiles } from './container-files.js';
import { environmentOf } from './environment.js';
import { globTest } from './glob.js';

/** Something a container could show to somebody. What it holds is in memory only: no record, log or message has it. */
export interface Credential {
  readonly from: 'env' | 'file';
  /** Of the variable, or the path in the container. */
  readonly name: string;
  readonly value: string;
}

export interface FoundCredentials {
  readonly credentials: readonly Credential[];
  /** Why something that fits was left out; names only. */
  readonly notes: readonly string[];
}

const MOST_PROCESSES = 256;
const MOST_FOUND = 64;
const LONGEST = 16 * 1024;
const LONGEST_NAME = 256;

/** What of the named places the container has now: of its processes, and of the files they see. Each value once. */
export function findCredentials(groups: ContainerGroups, places: CredentialPlaces): FoundCredentials {
  const pids = groups.members().slice(0, MOST_PROCESSES);
  const notes = new Set<string>();
  const all = [
    ...pids.flatMap((pid) => variablesOf(groups, pid, places)),
    ...filesOf(groups, pids, places, notes),
  ];
  const found = new Map<string, Credential>();
  for (const credential of all) {
    const { value, name } = credential;
    if (value === '') continue;
    if (value.length > LONGEST)
      notes.add(`\`${name}\` was left out: it is longer than ${LONGEST} characters`);
    else if (found.size < MOST_FOUND) found.set(value, found.get(value) ?? credential);
    else if (!found.has(value)) notes.add(`only the first ${MOST_FOUND} credentials were taken`);
  }
  return { credentials: [...found.values()], notes: [...notes] };
}

function variablesOf(groups: ContainerGroups, pid: number, { env }: CredentialPlaces): readonly Credential[] {
  if (env.length === 0) return [];
  const fits = env.map(globTest);
  const variables = environmentOf(pid);
  // Asked afterwards: what was read was read of a process of the container.
  if (!groups.has(pid)) return [];
  return [...variables].flatMap(([name, value]) =>
    name.length <= LONGEST_NAME && fits.some((fit) => fit(name))
      ? [{ from: 'env' as const, name, value: value.trim() }]
      : [],
  );
}

/** Processes of a container may see different files; the first of each root is asked. */
function filesOf(
  groups: ContainerGroups,
  pids: readonly number[],
  { files, field }: CredentialPlaces,
  notes: Set<string>,
): readonly Credential[] {
  if (files.length === 0) return [];
  const found: Credential[] = [];
  for (const pid of pids.slice(0, 8)) {
    const seen = ContainerFiles.of(pid);
    if (seen === undefined) continue;
    try {
      if (!groups.has(pid)) continue;
      for (const pattern of files) {
        const { files: read, leftOut } = seen.matching(pattern);
        for (const path of leftOut) notes.add(`\`${path}\` was left out: it is no file of at most 64 KiB`);
        for (const { path, text } of read) {
          const value = field.length === 0 ? text.trim() : valueAt(text, field);
          if (value === undefined) notes.add(`\`${path}\` was left out: it has no \`${field.join('.')}\``);
          else found.push({ from: 'file', name: path, value });
        }
      }
    } finally {
      seen.close();
    }
  }
  return found;
}

function valueAt(text: string, field: readonly string[]): string | undefined {
  let value = jsonOf(text);
  for (const key of field) value = fieldOf(value, key);
  return typeof value === 'string' ? value : undefined;
}
