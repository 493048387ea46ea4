import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { EvidenceError } from '../error.js';
import { EvidenceLog } from './evidence-log.js';
import { FolderDisk } from './folder-disk.js';
import type { LogOptions } from './options.js';

export interface FolderOptions extends LogOptions {
  /** Takes the lock of a file for as long as this process lives; undefined when another has it. */
  readonly hold: (path: string) => (() => void) | undefined;
}

/** A log in a folder that nobody else writes to meanwhile. */
export interface HeldLog {
  readonly log: EvidenceLog;
  /** Closes the log and lets others have the folder. */
  readonly close: () => Promise<void>;
}

/** @throws EvidenceError EVIDENCE_BUSY, EVIDENCE_UNREADABLE, EVIDENCE_UNWRITABLE */
export async function openEvidence(folder: string, options: FolderOptions): Promise<HeldLog> {
  const release = take(folder, options.hold);
  try {
    const log = await EvidenceLog.open(new FolderDisk(folder), options);
    const close = async (): Promise<void> => {
      await log.close();
      release();
    };
    return { log, close };
  } catch (cause) {
    release();
    throw new EvidenceError('EVIDENCE_UNREADABLE', `cannot read \`${folder}\`: ${reasonOf(cause)}`, {
      help: 'run as root, or name another folder with `--evidence DIR`',
      cause,
    });
  }
}

function take(folder: string, hold: FolderOptions['hold']): () => void {
  let release: (() => void) | undefined;
  try {
    makeFolder(folder);
    release = hold(join(folder, 'lock'));
  } catch (cause) {
    throw new EvidenceError('EVIDENCE_UNWRITABLE', `cannot write in \`${folder}\`: ${reasonOf(cause)}`, {
      help: 'run as root, or name another folder with `--evidence DIR`',
      cause,
    });
  }
  if (release === undefined)
    throw new EvidenceError('EVIDENCE_BUSY', `another agent is writing the evidence log in \`${folder}\``, {
      help: 'stop it, or give this one another folder with `--evidence DIR`',
    });
  return release;
}

/** With the names of all that is new on the disk too: what is acknowledged in it must be found after a loss of power. */
function makeFolder(folder: string): void {
  const newest = mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (newest === undefined) return;
  for (let at = resolve(folder); ; at = dirname(at)) {
    const parent = openSync(dirname(at), 'r');
    fsyncSync(parent);
    closeSync(parent);
    if (at === resolve(newest)) return;
  }
}

/** For whoever looks for a log where there is none. */
export const noLogIn = (folder: string, what = 'log', cause?: unknown): EvidenceError =>
  new EvidenceError('EVIDENCE_UNREADABLE', `there is no ${what} in \`${folder}\``, {
    help: 'name the folder of the log with `--folder DIR`',
    cause,
  });

/** For whoever could not put something on record. */
export const notWritten = (folder: string, why: string): EvidenceError =>
  new EvidenceError('EVIDENCE_UNWRITABLE', `cannot write in \`${folder}\`: ${why}`, {
    help: 'make room on the disk, or run as root',
  });

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
