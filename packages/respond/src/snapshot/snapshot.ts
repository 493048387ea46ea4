import { mkdir, open, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { RespondError, respondError } from '../error.js';
import { LayerWalk } from './layer-walk.js';
import { TarWriter } from './tar-writer.js';

export interface SnapshotOrder {
  /** Where snapshots are kept. */
  readonly folder: string;
  /** Of the file; no `/` in it. */
  readonly name: string;
  readonly upper: string;
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

export interface Snapshot {
  readonly path: string;
  readonly bytes: number;
  readonly digest: string;
  readonly entries: number;
  readonly whiteouts: number;
  readonly changed: number;
  /** What did not fit or cannot be in an archive; the first are named. */
  readonly omitted: number;
  readonly examples: readonly string[];
}

/** What is left free on the disk: the node has to go on. */
const RESERVE_BYTES = 64 * 1024 * 1024;
const RESERVE_SHARE = 0.02;

/**
 * What a container changed, as a tar file of mode 0600. It is there whole or not at all.
 *
 * @throws RespondError RESPOND_NO_SPACE, RESPOND_TIMED_OUT, RESPOND_VANISHED, RESPOND_DENIED, RESPOND_FAILED
 */
export async function takeSnapshot(order: SnapshotOrder): Promise<Snapshot> {
  const path = join(order.folder, order.name);
  const part = `${path}.part`;
  const signal = AbortSignal.timeout(order.timeoutMs);
  try {
    await mkdir(order.folder, { recursive: true, mode: 0o700 });
    const maxBytes = Math.min(order.maxBytes, await roomIn(order.folder));
    const file = await open(part, 'wx', 0o600);
    try {
      const writer = new TarWriter(file);
      const walk = new LayerWalk(writer, { maxBytes, signal });
      await walk.write(order.upper);
      const digest = await writer.finish();
      await rename(part, path);
      return { path, bytes: writer.bytes, digest, ...walk.counts };
    } finally {
      await file.close();
    }
  } catch (cause) {
    await rm(part, { force: true }).catch(() => undefined);
    if (signal.aborted)
      throw new RespondError('RESPOND_TIMED_OUT', `the snapshot took longer than ${order.timeoutMs} ms`, {
        help: 'nothing was kept; pause the container first, or give a smaller limit',
      });
    throw respondError('the snapshot was not taken', cause);
  }
}

async function roomIn(folder: string): Promise<number> {
  const { bavail, blocks, bsize } = await statfs(folder);
  const room = bavail * bsize - Math.max(RESERVE_BYTES, blocks * bsize * RESERVE_SHARE);
  if (room > 0) return room;
  throw new RespondError('RESPOND_NO_SPACE', `there is no room for a snapshot in \`${folder}\``, {
    help: 'make room; 64 MiB or 2 % of the disk stay free whatever is asked for',
  });
}
