import { type IndexedPolicy, readPolicyIndex, writePolicyIndex } from '@runward/policy';
import { StateError } from '../error.js';
import type { StoredPolicy } from './stored-policy.js';

/** What is in force, for who starts containers: written by {@link writePolicyIndex}. */
export const INDEX_FILE = 'policies/index.json';
/** What the index leaves out: revisions, origins, modes that were set by hand. */
export const REGISTER_FILE = 'policies/register.json';
const FORMAT = 1;

export interface PolicyRegister {
  /** Grows with each change. */
  readonly generation: number;
  /** By name. */
  readonly policies: readonly StoredPolicy[];
  /** The last revision of names that are gone, so that a later policy of that name goes on counting. */
  readonly gone: Readonly<Record<string, number>>;
}

export const EMPTY_REGISTER: PolicyRegister = { generation: 0, policies: [], gone: {} };

interface Written {
  readonly format: number;
  readonly generation: number;
  readonly policies: readonly Omit<StoredPolicy, 'policy'>[];
  readonly gone: Readonly<Record<string, number>>;
}

/** Both files, in the order they are written in. */
export function writeRegister({ generation, policies, gone }: PolicyRegister): [string, string][] {
  const index: readonly IndexedPolicy[] = policies.map(({ policy, digest }) => ({ policy, digest }));
  const rows = policies.map(({ policy: _, ...row }) => row);
  const written: Written = { format: FORMAT, generation, gone, policies: rows };
  return [
    [INDEX_FILE, writePolicyIndex({ policies: index })],
    [REGISTER_FILE, `${JSON.stringify(written)}\n`],
  ];
}

/** @throws StateError STATE_DAMAGED when the files are not what {@link writeRegister} wrote */
export function readRegister(index: string, register: string, folder: string): PolicyRegister {
  const indexed = readPolicyIndex(index);
  if ('problem' in indexed) throw damaged(folder, INDEX_FILE, indexed.problem);
  const { generation, gone, policies } = parse(register, folder);
  const byName = new Map(indexed.policies.map((entry) => [entry.policy.name, entry]));
  const stored = policies.map((row) => {
    const entry = byName.get(row.name);
    if (entry?.digest !== row.digest)
      throw damaged(folder, INDEX_FILE, `has not the \`${row.name}\` that the register has`);
    return { ...row, policy: entry.policy };
  });
  return { generation, gone, policies: stored };
}

function parse(text: string, folder: string): Written {
  try {
    const written = JSON.parse(text) as Written; // our own file; a format of another version is told apart
    if (written.format !== FORMAT)
      throw new Error(`has format ${written.format}; this version reads ${FORMAT}`);
    return written;
  } catch (cause) {
    throw damaged(folder, REGISTER_FILE, cause instanceof Error ? cause.message : String(cause));
  }
}

const damaged = (folder: string, file: string, problem: string): StateError =>
  new StateError('STATE_DAMAGED', `\`${folder}/${file}\`: ${problem}`, {
    help: 'something else changed it, or it is of another version: move the folder away and apply the policies again',
  });
