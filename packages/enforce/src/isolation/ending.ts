import { readFileSync } from 'node:fs';
import { closeFd, disconnect, isListening, peerAddress, shutdownBoth, takeDescriptor } from '@runward/native';
import { type AllowedNetwork, isAllowed } from './allowed.js';
import { RwHeldSocket } from './layout.generated.js';

/** A socket that a process of an isolated container holds. */
interface HeldSocket {
  readonly socket: number;
  /** Of a connected unix socket; 0: nobody holds the other end yet, or any more. */
  readonly peer: number;
  readonly pid: number;
  readonly fd: number;
  readonly isolation: number;
  readonly family: number;
}

export interface Ended {
  readonly connections: number;
  readonly unixConnections: number;
}

const AF_UNIX = 1;
const MOST_STANDARD = 2;

/** Reading the pinned iterator marks what is held, and tells it. */
export function heldSockets(iterator: string): readonly HeldSocket[] {
  const rows = readFileSync(iterator);
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
  const wide = (at: number): number => Number(view.getBigUint64(at, true));
  return Array.from({ length: Math.floor(rows.length / RwHeldSocket.size) }, (_, i) => {
    const at = i * RwHeldSocket.size;
    return {
      socket: wide(at + RwHeldSocket.socket),
      peer: wide(at + RwHeldSocket.peer),
      pid: view.getUint32(at + RwHeldSocket.tgid, true),
      fd: view.getUint32(at + RwHeldSocket.fd, true),
      isolation: view.getUint32(at + RwHeldSocket.isolation, true),
      family: view.getUint32(at + RwHeldSocket.family, true),
    };
  });
}

/** Ends what is connected to somebody it may not talk to, so that nobody waits for packets that will not come. */
export function endConnections(
  held: readonly HeldSocket[],
  isolation: number,
  allowed: readonly AllowedNetwork[],
): Ended {
  const own = held.filter((each) => each.isolation === isolation);
  const inside = new Set(own.map(({ socket }) => socket));
  const done = new Set<number>();
  let [connections, unixConnections] = [0, 0];
  for (const each of own) {
    if (done.has(each.socket)) continue; // held more than once
    const isUnix = each.family === AF_UNIX;
    if (isUnix && (each.fd <= MOST_STANDARD || inside.has(each.peer))) continue;
    const fd = takeDescriptor(each.pid, each.fd);
    if (fd < 0) continue; // closed meanwhile
    try {
      if (isUnix) unixConnections += shutdownBoth(fd) === 0 ? 1 : 0;
      else connections += endInternet(fd, allowed) ? 1 : 0;
      done.add(each.socket);
    } finally {
      closeFd(fd);
    }
  }
  return { connections, unixConnections };
}

function endInternet(fd: number, allowed: readonly AllowedNetwork[]): boolean {
  if (isListening(fd)) return false;
  const peer = peerAddress(fd);
  if (peer === undefined || isAllowed(allowed, peer)) return false;
  return disconnect(fd) === 0 || shutdownBoth(fd) === 0;
}
