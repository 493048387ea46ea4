import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DrillError } from '../error.js';
import type { Workshop } from '../scratch/container.js';
import { which } from '../scratch/host.js';
import { abandonedFolders, claimFolder, removeFolder } from '../scratch/leftovers.js';
import { makeRootFs, type RootChoice } from '../scratch/root-fs.js';

export const DEFAULT_SCRATCH = '/run/runward/drill';

/** A container that nobody ends any more, because the drill was killed, ends by itself. */
const LEAST_LIFE_SECONDS = 1800;

export interface WorkshopOptions {
  readonly scratch?: string;
  readonly root: RootChoice;
  /** How long the drill may take at least. */
  readonly lifeSeconds?: number;
}

/** Runs `work` with a place for scratch containers, and removes the place and all in it afterwards. */
export async function inWorkshop<T>(
  { scratch = DEFAULT_SCRATCH, root, lifeSeconds = 0 }: WorkshopOptions,
  signal: AbortSignal,
  work: (workshop: Workshop) => Promise<T>,
): Promise<T> {
  const runc = which('runc');
  if (runc === undefined) {
    throw new DrillError('DRILL_NO_RUNTIME', '`runc` is not installed', {
      help: 'scratch containers are made with it: install the package `runc`',
    });
  }
  for (const folder of abandonedFolders(scratch)) await removeFolder(folder, runc);
  const folder = claimFolder(scratch);
  try {
    mkdirSync(join(folder, 'root'));
    return await work({
      runc,
      script: which('script'),
      root: await makeRootFs(root, join(folder, 'root'), signal),
      folder,
      lifeSeconds: Math.max(LEAST_LIFE_SECONDS, lifeSeconds + LEAST_LIFE_SECONDS),
    });
  } finally {
    if (existsSync(folder)) await removeFolder(folder, runc);
  }
}
