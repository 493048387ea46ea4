import type { ContainerInfo } from '@runward/events';
import type { FileMount } from './builder/files.js';

const isBelow = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);

/** How a path lives in its container: what the runtime mounted last, longest destination first. */
export function mountOf(path: string, { mounts, metadata }: ContainerInfo): FileMount {
  if (!path.startsWith('/')) return 'unknown';
  const own = mounts.reduce<{ destination: string; source: string } | undefined>(
    (best, mount) =>
      isBelow(path, mount.destination) && mount.destination.length >= (best?.destination.length ?? 0)
        ? mount
        : best,
    undefined,
  );
  if (own !== undefined && own.destination !== '/') return ofSource(own.source) ?? ofPath(path) ?? 'volume';
  return ofPath(path) ?? (metadata === 'complete' ? 'root' : 'unknown');
}

function ofSource(source: string): FileMount | undefined {
  if (source === 'tmpfs' || source === 'shm') return 'tmpfs';
  return source === 'proc' ? 'proc' : undefined;
}

function ofPath(path: string): FileMount | undefined {
  if (isBelow(path, '/proc')) return 'proc';
  if (isBelow(path, '/sys')) return 'sys';
  if (isBelow(path, '/dev/shm')) return 'tmpfs';
  return isBelow(path, '/dev') ? 'dev' : undefined;
}
