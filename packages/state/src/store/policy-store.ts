import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Decision } from '../decisions/decision.js';
import type { DecisionLog } from '../decisions/decision-log.js';
import { errnoOf } from '../error.js';
import { readFileIfAny } from '../files/durable-file.js';
import { whileLocked } from '../files/folder-lock.js';
import {
  EMPTY_REGISTER,
  INDEX_FILE,
  type PolicyRegister,
  REGISTER_FILE,
  readRegister,
  writeRegister,
} from './register.js';
import type { StoredPolicy } from './stored-policy.js';
import { commit, decisionLog, finish } from './transaction.js';

export const DEFAULT_STATE = '/var/lib/runward';

const LOCK = 'lock';
/** Texts of earlier revisions that are kept of one policy. */
const KEPT_REVISIONS = 100;

export const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** What a change of the store leaves: policies as they are to be, and why. */
export interface StoreChange {
  /** New or changed; their text as it was given. */
  readonly put: readonly { readonly stored: StoredPolicy; readonly text: string }[];
  readonly remove: readonly string[];
  readonly decision: Decision;
}

/**
 * The policies of a machine: `policies/NAME.yaml` as applied, all versions in `policies/history`, and what
 * is in force as `policies/index.json` and `policies/register.json`. A change is seen whole or not at all, by who reads
 * here and after a crash at any point.
 */
export class PolicyStore {
  readonly folder: string;

  constructor(folder: string = DEFAULT_STATE) {
    this.folder = resolve(folder);
  }

  get decisions(): DecisionLog {
    return decisionLog(this.folder);
  }

  /** What is in force now. @throws StateError STATE_UNREADABLE, STATE_DAMAGED, STATE_BUSY, STATE_UNWRITABLE */
  read(): Promise<PolicyRegister> {
    return whileLocked(join(this.folder, LOCK), () => {
      finish(this.folder);
      return this.#read();
    });
  }

  #read(): PolicyRegister {
    const [index, register] = [INDEX_FILE, REGISTER_FILE].map((file) =>
      readFileIfAny(join(this.folder, file)),
    );
    if (index === undefined && register === undefined) return EMPTY_REGISTER;
    return readRegister(index ?? '', register ?? '', this.folder);
  }

  /** The YAML text in force; undefined when there is no such policy, or its text is not kept any more. */
  text({ name, revision, digest }: StoredPolicy): string | undefined {
    const kept = readFileIfAny(join(this.folder, historyPath(name, revision)));
    return kept !== undefined && digestOf(kept) === digest ? kept : undefined;
  }

  /** `policies/NAME.yaml` of every policy there is a file for: also of those that were put there by hand. */
  files(): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (const file of this.#list('policies')) {
      const name = /^([^.].*)\.yaml$/.exec(file)?.[1];
      const text = name === undefined ? undefined : readFileIfAny(join(this.folder, 'policies', file));
      if (name !== undefined && text !== undefined) found.set(name, text);
    }
    return found;
  }

  /** Revisions whose text is kept, ascending. */
  revisions(name: string): readonly number[] {
    const numbers = this.#list(join('policies/history', name)).map((file) =>
      Number(/^(\d+)\.yaml$/.exec(file)?.[1]),
    );
    return numbers.filter((n) => Number.isInteger(n)).sort((a, b) => a - b);
  }

  #list(folder: string): readonly string[] {
    try {
      return readdirSync(join(this.folder, folder));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  /**
   * Changes the store while nobody else does. `edit` is given what is in force, and returns what is to change; by
   * throwing, or returning undefined, it leaves everything as it is.
   *
   * @throws StateError, and what `edit` throws
   */
  change<T extends StoreChange>(
    edit: (register: PolicyRegister) => T | undefined | Promise<T | undefined>,
  ): Promise<T | undefined> {
    return whileLocked(join(this.folder, LOCK), async () => {
      finish(this.folder);
      const before = this.#read();
      const change = await edit(before);
      if (change !== undefined) this.#commit(before, change);
      return change;
    });
  }

  #commit(before: PolicyRegister, { put, remove, decision }: StoreChange): void {
    const touched = new Set([...remove, ...put.map(({ stored }) => stored.name)]);
    const kept = before.policies.filter(({ name }) => !touched.has(name));
    const gone = new Map(Object.entries(before.gone));
    for (const { name, revision } of before.policies) if (remove.includes(name)) gone.set(name, revision + 1);
    for (const { stored } of put) gone.delete(stored.name);
    const after: PolicyRegister = {
      generation: before.generation + 1,
      policies: [...kept, ...put.map(({ stored }) => stored)].sort((a, b) => (a.name < b.name ? -1 : 1)),
      gone: Object.fromEntries(gone),
    };
    commit(this.folder, {
      decision,
      write: [
        ...put.map(({ stored, text }) => [historyPath(stored.name, stored.revision), text] as const),
        ...put.map(({ stored, text }) => [filePath(stored.name), text] as const),
        ...writeRegister(after),
      ],
      remove: [...remove.map(filePath), ...put.flatMap(({ stored }) => this.#outdated(stored.name))],
    });
  }

  /** History has an end: the oldest texts make room. */
  #outdated(name: string): readonly string[] {
    const kept = this.revisions(name);
    return kept.slice(0, Math.max(0, kept.length + 1 - KEPT_REVISIONS)).map((n) => historyPath(name, n));
  }

  /** The revision the next change of this name has. */
  static nextRevision(register: PolicyRegister, name: string): number {
    const present = register.policies.find((stored) => stored.name === name)?.revision;
    return (present ?? register.gone[name] ?? 0) + 1;
  }
}

const filePath = (name: string): string => `policies/${name}.yaml`;
const historyPath = (name: string, revision: number): string => `policies/history/${name}/${revision}.yaml`;
