import { mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { profileFileName, readProfile, type WorkloadProfile, writeProfile } from '@runward/policy';
import { errnoOf, StateError } from '../error.js';
import { readFileIfAny, removeFile, replaceFile, unwritable } from '../files/durable-file.js';
import { DEFAULT_STATE } from '../store/policy-store.js';

const FOLDER = 'profiles';
/** What names of workloads in it are not; the list of those being learnt lies beside. */
const LEARNING = 'learning.json';

/** A workload that is being learnt, and since when. */
export interface LearningEntry {
  readonly workload: string;
  readonly sinceMs: number;
}

/**
 * What was learnt, one file per workload: `profiles/NAME.json` in the state folder. Who reads finds the old
 * profile or the new one, whole. One process writes: the agent that learns, or a command while no agent does.
 */
export class ProfileStore {
  readonly folder: string;

  /** The state folder it is in. */
  readonly state: string;

  constructor(state: string = DEFAULT_STATE) {
    this.state = resolve(state);
    this.folder = join(this.state, FOLDER);
  }

  /** undefined when nothing was learnt of it. @throws StateError STATE_UNREADABLE, STATE_DAMAGED */
  read(workload: string): WorkloadProfile | undefined {
    return this.#load(profileFileName(workload));
  }

  /** All there are, by the names of their workloads. @throws StateError STATE_UNREADABLE, STATE_DAMAGED */
  list(): readonly WorkloadProfile[] {
    return this.#files()
      .flatMap((file) => this.#load(file) ?? [])
      .toSorted((a, b) => (a.workload < b.workload ? -1 : 1));
  }

  /** @throws StateError STATE_UNWRITABLE */
  write(profile: WorkloadProfile): void {
    this.#makeFolder();
    replaceFile(join(this.folder, profileFileName(profile.workload)), writeProfile(profile));
  }

  /** Whether there was one. @throws StateError STATE_UNWRITABLE */
  remove(workload: string): boolean {
    const file = profileFileName(workload);
    if (!this.#files().includes(file)) return false;
    removeFile(join(this.folder, file));
    return true;
  }

  /** Workloads that are to be learnt whenever an agent runs. @throws StateError STATE_UNREADABLE, STATE_DAMAGED */
  learning(): readonly LearningEntry[] {
    const path = join(this.state, LEARNING);
    const text = readFileIfAny(path);
    if (text === undefined) return [];
    const entries = parse(text);
    if (entries === undefined) throw damaged(path, 'is no list of workloads');
    return entries;
  }

  /** @throws StateError STATE_UNWRITABLE */
  setLearning(entries: readonly LearningEntry[]): void {
    this.#makeFolder();
    const learning = entries.toSorted((a, b) => (a.workload < b.workload ? -1 : 1));
    replaceFile(join(this.state, LEARNING), `${JSON.stringify({ format: 1, learning })}\n`);
  }

  #makeFolder(): void {
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw unwritable(this.folder, cause);
    }
  }

  #files(): readonly string[] {
    try {
      return readdirSync(this.folder).filter((file) => file.endsWith('.json'));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw new StateError('STATE_UNREADABLE', `cannot read \`${this.folder}\``, {
        help: 'run as root, or name another folder with `--state DIR`',
        cause: error,
      });
    }
  }

  #load(file: string): WorkloadProfile | undefined {
    const path = join(this.folder, file);
    const text = readFileIfAny(path);
    if (text === undefined) return undefined;
    const profile = readProfile(text);
    if ('problem' in profile) throw damaged(path, profile.problem);
    return profile;
  }
}

function parse(text: string): readonly LearningEntry[] | undefined {
  try {
    const { format, learning } = JSON.parse(text) as { format?: unknown; learning?: unknown }; // checked below
    if (format !== 1 || !Array.isArray(learning)) return undefined;
    return learning.every(isEntry) ? learning : undefined;
  } catch {
    return undefined;
  }
}

const isEntry = (value: unknown): value is LearningEntry =>
  typeof value === 'object' &&
  value !== null &&
  'workload' in value &&
  typeof value.workload === 'string' &&
  'sinceMs' in value &&
  typeof value.sinceMs === 'number';

const damaged = (path: string, problem: string): StateError =>
  new StateError('STATE_DAMAGED', `\`${path}\` ${problem}`, {
    help: 'something else changed it, or it is of another version: move it away; what it held is learnt again',
  });
