import { createHash } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FileDigest } from '@runward/evidence';
import {
  enforceObject,
  flowsObject,
  isolateObject,
  ociFront,
  roomsFolder,
  sensorObject,
} from './installation.js';

export interface InstalledDigests {
  readonly files: readonly FileDigest[];
  /**
   * Of all compiled files together: what `find` names in `folder`, sorted, through `sha256sum`, and that list through
   * `sha256sum` again.
   */
  readonly compiled: {
    readonly folder: string;
    readonly find: string;
    readonly files: number;
    readonly sha256: string;
  };
}

/** Of what runs in this process and what is loaded into the kernel. Files that are not there are left out. */
export async function installedDigests(): Promise<InstalledDigests> {
  const files: FileDigest[] = [];
  for (const path of [process.execPath, sensorObject, flowsObject, isolateObject, enforceObject, ociFront])
    files.push(...(await digestOf(path)));
  const paths = await compiledFiles();
  const list = createHash('sha256');
  for (const path of paths)
    for (const { sha256 } of await digestOf(join(roomsFolder, path))) list.update(`${sha256}  ${path}\n`);
  const compiled = { folder: roomsFolder, find: "*/dist -name '*.js'", files: paths.length };
  return { files, compiled: { ...compiled, sha256: list.digest('hex') } };
}

async function compiledFiles(): Promise<readonly string[]> {
  const rooms = await readdir(roomsFolder).catch(() => []);
  const found = await Promise.all(
    rooms.map(async (room) => {
      const entries = await readdir(join(roomsFolder, room, 'dist'), { recursive: true }).catch(() => []);
      return entries.filter((path) => path.endsWith('.js')).map((path) => `${room}/dist/${path}`);
    }),
  );
  return found.flat().sort();
}

const CHUNK = 256 * 1024;
/** The program itself has a hundred megabytes: it is read beside other work, not instead of it. */
const PAUSE_MS = 5;

async function digestOf(path: string): Promise<readonly FileDigest[]> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return [];
  try {
    const hash = createHash('sha256');
    const chunk = Buffer.allocUnsafe(CHUNK);
    let bytes = 0;
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, CHUNK, bytes);
      if (bytesRead === 0) return [{ path, bytes, sha256: hash.digest('hex') }];
      hash.update(chunk.subarray(0, bytesRead));
      bytes += bytesRead;
      if (bytesRead === CHUNK) await sleep(PAUSE_MS, undefined, { ref: false });
    }
  } catch {
    return [];
  } finally {
    await file.close();
  }
}
