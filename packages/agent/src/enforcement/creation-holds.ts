import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SECTIONS } from '@runward/policy/model';
import type { CreationHold } from './standing.js';

/** Whoever creates a container is done with it after this, or never will be. */
const ABANDONED_MS = 3_600_000;

/**
 * What specifications were given when containers were created, beside the policies: an agent that comes later can say
 * what is in force in containers that are older. Nothing depends on it but what is reported.
 */
export class CreationHolds {
  readonly #folder: string;

  constructor(state: string) {
    this.#folder = join(state, 'created');
  }

  /** Never throws: without room for it the next agent knows less. */
  keep(id: string, hold: CreationHold): void {
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      const text = JSON.stringify({ id, hold: Object.fromEntries(hold) });
      writeFileSync(this.#pathOf(id), `${text}\n`, { mode: 0o600 });
    } catch {
      // The disk is full, or read-only.
    }
  }

  of(id: string): CreationHold | undefined {
    try {
      const written = JSON.parse(readFileSync(this.#pathOf(id), 'utf8')) as {
        readonly id?: unknown;
        readonly hold?: unknown;
      }; // checked below
      const { hold } = written;
      if (written.id !== id || typeof hold !== 'object' || hold === null) return undefined;
      const entries = Object.entries(hold).flatMap(([name, digest]) => {
        const section = SECTIONS.find((each) => each === name);
        return section === undefined || typeof digest !== 'string' ? [] : [[section, digest] as const];
      });
      return new Map(entries);
    } catch {
      return undefined;
    }
  }

  forget(id: string): void {
    rmSync(this.#pathOf(id), { force: true });
  }

  /** Forgets containers that are none of these, and not being created either. */
  sweep(ids: ReadonlySet<string>, nowMs: number): void {
    const known = new Set([...ids].map(nameOf));
    for (const name of this.#names()) {
      const path = join(this.#folder, name);
      if (!known.has(name) && nowMs - modifiedMs(path) > ABANDONED_MS) rmSync(path, { force: true });
    }
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.#folder);
    } catch {
      return [];
    }
  }

  #pathOf(id: string): string {
    return join(this.#folder, nameOf(id));
  }
}

/** Ids may be longer than the names of files. */
const nameOf = (id: string): string => `${createHash('sha256').update(id).digest('hex').slice(0, 32)}.json`;

function modifiedMs(path: string): number {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
