import { fstatSync, readFileSync } from 'node:fs';
import { closeFd, disconnect, shutdownBoth, takeDescriptor } from '@runward/native';
import { RwDeniedSocket } from '../layout.generated.js';

/**
 * Ends the connections whose policies deny them now: who holds one is told ECONNRESET, the other end is sent a reset.
 * Reading the pinned iterator judges what is connected. Returns how many were ended.
 */
export function endDenied(iterator: string): number {
  const rows = readFileSync(iterator);
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
  const done = new Set<bigint>();
  for (let at = 0; at + RwDeniedSocket.size <= rows.length; at += RwDeniedSocket.size) {
    const socket = view.getBigUint64(at + RwDeniedSocket.socket, true);
    if (done.has(socket)) continue; // held more than once
    const fd = takeDescriptor(
      view.getUint32(at + RwDeniedSocket.tgid, true),
      view.getUint32(at + RwDeniedSocket.fd, true),
    );
    if (fd < 0) continue; // closed meanwhile
    try {
      // The descriptor's number may be another file's by now.
      if (fstatSync(fd, { bigint: true }).ino !== socket) continue;
      if (disconnect(fd) === 0 || shutdownBoth(fd) === 0) done.add(socket);
    } finally {
      closeFd(fd);
    }
  }
  return done.size;
}
