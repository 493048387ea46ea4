import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { messageOf, ServerError } from '../error.js';
import { copyApart } from './copy.js';
import { openKeys } from './keys.js';
import { checkedManifest, KEYS, type Manifest } from './manifest.js';

export interface RestoreOrder {
  readonly backup: string;
  /** Where the server is to start: not there, or empty. */
  readonly state: string;
  /** undefined: without the keys. */
  readonly passphrase: string | undefined;
}

/**
 * Makes the state of a server of a back-up: whole, or not at all.
 *
 * @throws ServerError SERVER_BACKUP_UNUSABLE, SERVER_BACKUP_PASSPHRASE, SERVER_BACKUP_FAILED, SERVER_STATE_UNUSABLE
 */
export async function restore({ backup, state, passphrase }: RestoreOrder): Promise<Manifest> {
  if (existsSync(state) && (await readdir(state)).length > 0)
    throw new ServerError('SERVER_STATE_UNUSABLE', `\`${state}\` is not empty`, {
      help: 'a back-up is restored into a new folder: name another `--state`, or move this one away',
    });
  const manifest = await checkedManifest(backup);
  if (passphrase !== undefined && !manifest.hasKeys)
    throw new ServerError('SERVER_BACKUP_PASSPHRASE', 'the back-up was made without keys', {
      help: 'restore it `--without-keys`: another authority is made, and every node has to enrol again',
    });
  const part = join(dirname(state), `.${basename(state)}.restoring`);
  try {
    await rm(part, { recursive: true, force: true });
    await mkdir(part, { recursive: true, mode: 0o700 });
    const all = new Set(manifest.files.map(({ path }) => path.split('/')[0] ?? path));
    all.delete(KEYS);
    await copyApart(
      [...all].map((name) => join(backup, name)),
      part,
    );
    if (passphrase !== undefined)
      await openKeys(await readFile(join(backup, KEYS), 'utf8'), passphrase, part);
    await rm(state, { recursive: true, force: true }); // it is empty
    await rename(part, state);
    return manifest;
  } catch (cause) {
    await rm(part, { recursive: true, force: true });
    if (cause instanceof ServerError) throw cause;
    throw new ServerError('SERVER_BACKUP_FAILED', `\`${state}\` cannot be made: ${messageOf(cause)}`, {
      cause,
    });
  }
}
