import { statSync } from 'node:fs';
import { read } from '../container/processes.js';
import { unescaped } from '../container/trees.js';
import { RespondError } from '../error.js';

/**
 * The folder an overlay keeps what the container changed in, as the kernel tells of the root of one of its processes.
 *
 * @throws RespondError RESPOND_NO_OVERLAY, RESPOND_VANISHED
 */
export function upperLayerOf(pids: readonly number[]): string {
  const texts = pids.map((pid) => read(`/proc/${pid}/mountinfo`)).filter((text) => text !== '');
  if (texts.length === 0)
    throw new RespondError(
      'RESPOND_VANISHED',
      'the container has no process any more whose root could be asked for',
      {
        help: 'take the snapshot before the container ends: `pause` it first',
      },
    );
  for (const text of texts) {
    const upper = upperOf(text);
    if (upper?.startsWith('/') === true && isFolder(upper)) return upper;
  }
  throw new RespondError(
    'RESPOND_NO_OVERLAY',
    'the root of the container is no overlay with a writable layer',
    {
      help: 'a read-only root has no changes; other storage drivers than overlay are not read',
    },
  );
}

/** The last mount at `/` is the one that is seen. */
function upperOf(mountinfo: string): string | undefined {
  const root = mountinfo
    .split('\n')
    .filter((line) => line.split(' ')[4] === '/')
    .at(-1);
  const [type, , options = ''] = root?.split(' - ')[1]?.split(' ') ?? [];
  if (type !== 'overlay') return undefined;
  // A comma in a path is written `\,` by whoever mounted it.
  const upper = /(?:^|,)upperdir=((?:\\.|[^,\\])*)/.exec(options)?.[1];
  return upper === undefined ? undefined : unescaped(upper).replace(/\\([,:\\])/g, '$1');
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
