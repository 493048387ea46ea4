import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ServerError } from '../error.js';

const run = promisify(execFile);

/**
 * Copies files and folders by a process of its own: a database that is locked through its file would lose that lock when
 * this process opened the file once more and closed it.
 *
 * @throws ServerError SERVER_BACKUP_FAILED
 */
export async function copyApart(from: readonly string[], into: string): Promise<void> {
  try {
    await run('cp', ['--archive', '--reflink=auto', '--target-directory', into, '--', ...from]);
  } catch (cause) {
    const why = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : String(cause);
    throw new ServerError('SERVER_BACKUP_FAILED', `the back-up cannot be written: ${why}`, {
      help: 'make room, or name another folder; what was written of it is of no use',
      cause,
    });
  }
}
