import {
  chmodSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import type { Server, Socket } from 'node:net';
import { dirname, resolve } from 'node:path';
import { type PeerCredentials, peerCredentials, tryLock } from '@runward/native/files';
import { SocketError } from './error.js';

/** Bytes a path of a Unix socket can have (`sockaddr_un`), without the zero at its end. */
const MAX_SOCKET_PATH = 107;
const OWNER_ONLY = 0o600;

/** The place of a socket, held against every other agent for as long as this process lives. */
export interface SocketClaim {
  readonly path: string;
  /** Makes `server` listen there; resolves when it does. */
  readonly listen: (server: Server) => Promise<void>;
  /** Removes the socket and lets others have the place. */
  readonly release: () => void;
}

/**
 * Takes the place at `path`. A lock beside the socket says whether an agent lives there: unlike a process id in a
 * file it is gone with the agent, however that ends. A socket that an ended agent left is replaced.
 *
 * @throws SocketError CONTROL_SOCKET_IN_USE when an agent has it, CONTROL_SOCKET_FAILED
 */
export function claimSocket(given: string): SocketClaim {
  const path = resolve(given);
  // It is bound under another name first.
  if (Buffer.byteLength(path) + '.new'.length > MAX_SOCKET_PATH)
    throw new SocketError('CONTROL_SOCKET_FAILED', `the path of the socket is too long: \`${path}\``, {
      help: `use a path of at most ${MAX_SOCKET_PATH - '.new'.length} bytes`,
    });
  const lock = attempt(path, () => openLock(path));
  if (!tryLock(lock)) {
    closeSync(lock);
    throw new SocketError('CONTROL_SOCKET_IN_USE', `an agent is running with the socket \`${path}\``, {
      help: 'stop it, or give this one another place with `--socket PATH`',
    });
  }
  let inode = 0;
  return {
    path,
    listen: async (server) => {
      // Bound beside its place and moved there once only its owner can open it.
      const fresh = `${path}.new`;
      attempt(path, () => remove(fresh));
      await listening(server, fresh, path);
      attempt(path, () => {
        chmodSync(fresh, OWNER_ONLY);
        inode = statSync(fresh).ino;
        renameSync(fresh, path);
      });
    },
    release: () => {
      try {
        if (inode !== 0 && statSync(path).ino === inode) unlinkSync(path);
      } catch {
        // Somebody removed it already.
      }
      closeSync(lock);
    },
  };
}

function openLock(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  return openSync(`${path}.lock`, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, OWNER_ONLY);
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // what fs throws has a code
  }
}

function listening(server: Server, fresh: string, path: string): Promise<void> {
  return new Promise((fulfil, reject) => {
    server.once('error', (cause) => reject(failed(path, cause)));
    server.listen(fresh, fulfil);
  });
}

function attempt<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw failed(path, cause);
  }
}

const failed = (path: string, cause: unknown): SocketError =>
  new SocketError(
    'CONTROL_SOCKET_FAILED',
    `cannot have the control socket \`${path}\`: ${cause instanceof Error ? cause.message : String(cause)}`,
    { help: 'give it another place with `--socket PATH`', cause },
  );

/** undefined when it cannot be told, which is to be taken for a stranger. */
export function peerOf(socket: Socket): PeerCredentials | undefined {
  // Node.js has no public way to the descriptor of a socket.
  const { _handle: handle } = socket as Socket & { readonly _handle?: { readonly fd?: number } | null };
  const fd = handle?.fd;
  return typeof fd === 'number' && fd >= 0 ? peerCredentials(fd) : undefined;
}
