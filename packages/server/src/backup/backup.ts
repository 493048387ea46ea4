import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FolderDisk, verifyLog } from '@runward/evidence';
import { messageOf, ServerError } from '../error.js';
import { writeWhole } from '../files.js';
import { copyApart } from './copy.js';
import { KEY_FOLDERS, sealKeys } from './keys.js';
import { KEYS, listFiles, MANIFEST, type Manifest } from './manifest.js';

export interface BackupOrder {
  /** Absolute; made where the folder above it is there, or empty. */
  readonly folder: string;
  /** Seals the keys; undefined leaves them out. */
  readonly passphrase?: string | undefined;
}

/** What a running server can be copied from. */
export interface BackupSource {
  /** Its state folder. */
  readonly state: string;
  readonly version: string;
  /** A copy of the state of people and documents, as it is at one moment. */
  readonly copyState: (path: string) => Promise<void>;
  /** The store of what nodes told; nothing is written to it while `copy` works. */
  readonly whileStill: (copy: (files: readonly string[]) => Promise<void>) => Promise<void>;
}

const EVIDENCE_TRIES = 5;

/**
 * Everything a server needs to go on elsewhere, taken while it runs. The manifest is written last: a folder without one is
 * no back-up.
 *
 * @throws ServerError SERVER_INVALID, SERVER_BACKUP_FAILED
 */
export async function backUp(source: BackupSource, { folder, passphrase }: BackupOrder): Promise<Manifest> {
  await makeEmpty(folder);
  const { state, version } = source;
  await source.copyState(join(folder, 'state.sqlite'));
  await source.whileStill((files) => copyApart(files, folder));
  await copyApart([join(state, 'link')], folder);
  await copyEvidence(state, folder);
  if (passphrase !== undefined)
    await writeFile(join(folder, KEYS), await sealKeys(state, passphrase), { mode: 0o600, flush: true });
  const manifest: Manifest = {
    ...{ format: 1, version, madeMs: Date.now(), hasKeys: passphrase !== undefined },
    files: [...(await listFiles(folder))],
  };
  writeWhole(join(folder, MANIFEST), `${JSON.stringify(manifest, undefined, 1)}\n`);
  return manifest;
}

async function makeEmpty(folder: string): Promise<void> {
  if (!isAbsolute(folder)) throw new ServerError('SERVER_INVALID', `\`${folder}\` is no absolute path`);
  try {
    await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    if ((await readdir(folder)).length === 0) return;
  } catch (cause) {
    throw new ServerError('SERVER_BACKUP_FAILED', `\`${folder}\` cannot be made: ${messageOf(cause)}`, {
      cause,
    });
  }
  throw new ServerError('SERVER_INVALID', `\`${folder}\` is not empty`, { help: 'name a new folder' });
}

/** The log grows meanwhile: a copy that does not verify was taken between two of its writes, and is taken again. */
async function copyEvidence(state: string, folder: string): Promise<void> {
  const copied = join(folder, 'evidence');
  let findings = '';
  for (let tried = 0; tried < EVIDENCE_TRIES; tried += 1) {
    if (tried > 0) await sleep(100);
    await rm(copied, { recursive: true, force: true });
    await copyApart([join(state, 'evidence')], folder);
    await rm(join(copied, 'lock'), { force: true });
    for (const keys of KEY_FOLDERS) await rm(join(folder, keys), { recursive: true, force: true });
    const report = await verifyLog(new FolderDisk(copied));
    if (report.errors === 0) return;
    findings = report.findings.map(({ message }) => message).join('; ');
  }
  throw new ServerError('SERVER_BACKUP_FAILED', `the evidence log does not verify: ${findings}`, {
    help: '`runward evidence verify` tells more; a back-up of a log that was changed is none',
  });
}
