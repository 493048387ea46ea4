import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { HardenError } from '../error.js';
import type { Change } from './change.js';

/** A change that was made, and what was there before. */
export interface Applied {
  readonly change: Change;
  /** A sysctl's text, or a mode. */
  readonly before: string | number;
  /** RFC 3339. */
  readonly at: string;
}

interface Document {
  readonly version: 1;
  readonly applied: readonly Applied[];
}

/** What was changed on this machine, so that it can be taken back. Written before each change is made. */
export class ChangeRecord {
  constructor(readonly path: string) {}

  /** The first made first. @throws HardenError HARDEN_RECORD_DAMAGED */
  read(): readonly Applied[] {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch {
      return [];
    }
    try {
      const value = JSON.parse(text) as Partial<Document>; // looked at part by part
      if (value?.version === 1 && Array.isArray(value.applied) && value.applied.every(isApplied))
        return value.applied;
    } catch {
      // Said below.
    }
    throw new HardenError('HARDEN_RECORD_DAMAGED', `\`${this.path}\` is not what runward wrote`, {
      help: 'move it away; what was changed before can then only be taken back by hand',
    });
  }

  /** @throws HardenError HARDEN_RECORD_UNWRITABLE */
  write(applied: readonly Applied[]): void {
    try {
      if (applied.length === 0) {
        rmSync(this.path, { force: true });
        return;
      }
      mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
      const document: Document = { version: 1, applied };
      writeFileSync(`${this.path}.new`, `${JSON.stringify(document, undefined, 1)}\n`, {
        mode: 0o600,
        flush: true,
      });
      renameSync(`${this.path}.new`, this.path);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new HardenError('HARDEN_RECORD_UNWRITABLE', `cannot write \`${this.path}\`: ${why}`, {
        help: 'run as root, or name another folder with `--state DIR`: nothing is changed that cannot be taken back',
        cause,
      });
    }
  }
}

/** What is written back to the kernel is looked at once more: a damaged record must not choose where. */
function isApplied(value: unknown): value is Applied {
  const { change, before, at } = (value ?? {}) as Partial<Applied>; // any value may be asked for keys
  if (typeof at !== 'string' || typeof change !== 'object' || change === null) return false;
  if (change.kind === 'sysctl')
    return (
      /^[a-z0-9_]+(?:\.[a-z0-9_]+)+$/.test(change.name) &&
      /^-?\d+$/.test(change.value) &&
      typeof before === 'string' &&
      /^-?\d+$/.test(before)
    );
  return (
    change.kind === 'mode' &&
    typeof change.path === 'string' &&
    change.path.startsWith('/') &&
    Number.isInteger(change.mode) &&
    Number.isInteger(before)
  );
}
