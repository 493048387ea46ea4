import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FolderDisk, verifyLog } from '@runward/evidence';
import { messageOf, ServerError } from '../error.js';
import { writeWhole } from '../files.js';
import { copyApart } from './copy.js';
import { sealKeys } from './keys.js';
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

const TRIES = 5;

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
  await copyMoving(join(state, 'link'), join(folder, 'link'), []);
  const log = join(folder, 'evidence');
  await copyMoving(join(state, 'evidence'), log, ['lock', 'private'], () => logTrouble(log));
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

/** Files that are being written: they are renamed when they are whole. */
const isUnfinished = (name: string): boolean => name.endsWith('.new') || name.endsWith('.part');

/**
 * A folder that changes meanwhile: what fails, or is not sound, was taken between two writes and is taken again. `leftOut`
 * is never copied at all.
 */
async function copyMoving(
  from: string,
  into: string,
  leftOut: readonly string[],
  unsound: () => Promise<string> = async () => '',
): Promise<void> {
  let problem: unknown;
  for (let tried = 0; tried < TRIES; tried += 1) {
    if (tried > 0) await sleep(100);
    await rm(into, { recursive: true, force: true });
    await mkdir(into, { mode: 0o700 });
    try {
      const names = (await readdir(from)).filter((name) => !leftOut.includes(name) && !isUnfinished(name));
      if (names.length > 0)
        await copyApart(
          names.map((name) => join(from, name)),
          into,
        );
      const why = await unsound();
      if (why === '') return;
      problem = new ServerError('SERVER_BACKUP_FAILED', why, {
        help: '`runward evidence verify` tells more; a back-up of a log that was changed is none',
      });
    } catch (error) {
      problem = error;
    }
  }
  throw problem;
}

async function logTrouble(folder: string): Promise<string> {
  const { errors, findings } = await verifyLog(new FolderDisk(folder));
  return errors === 0
    ? ''
    : `the evidence log does not verify: ${findings.map(({ message }) => message).join('; ')}`;
}
