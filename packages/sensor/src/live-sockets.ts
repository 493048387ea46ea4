import { formatIpv4, formatIpv6, type LiveDescriptor } from '@runward/events';
import { readText } from './proc-text.js';

/** The tables of /proc/PID/net in which a socket's inode may stand, and what a socket found there is. */
const TABLES = ['tcp', 'tcp6', 'udp', 'udp6', 'icmp', 'icmp6', 'raw', 'raw6'] as const;
/** A host with very many connections is not searched line by line for one rule. */
const LONGEST_TABLE = 4 * 1024 * 1024;

/** `0100007F:1F90`: the address as the kernel keeps it, in 32-bit words of this machine, and the port. */
function endpoint(text: string): { readonly ip: string; readonly port: number; readonly isMapped: boolean } {
  const colon = text.indexOf(':');
  const words = text.slice(0, colon).match(/.{8}/g) ?? [];
  const bytes = new Uint8Array(new Uint32Array(words.map((word) => Number.parseInt(word, 16))).buffer);
  const ip = bytes.length === 4 ? formatIpv4(bytes, 0) : formatIpv6(bytes, 0);
  return { ip, port: Number.parseInt(text.slice(colon + 1), 16), isMapped: !ip.includes(':') };
}

function ofLine(line: string, inode: string): LiveDescriptor | undefined {
  const columns = line.trim().split(/\s+/);
  const [, local, remote] = columns;
  if (columns[9] !== inode || local === undefined || remote === undefined) return undefined;
  const here = endpoint(local);
  const there = endpoint(remote);
  const name = `${here.ip}:${here.port}`;
  return {
    type: here.isMapped ? 'ipv4' : 'ipv6',
    name: there.port === 0 ? name : `${name}->${there.ip}:${there.port}`,
  };
}

/** A line of /proc/PID/net/unix ends in the inode and the path, if the socket has one. */
function ofUnixLine(line: string, inode: string): LiveDescriptor | undefined {
  const columns = line.trim().split(/\s+/);
  return columns[6] === inode ? { type: 'unix', name: columns.slice(7).join(' ') } : undefined;
}

/** What the tables of the network namespace of a process say about a socket of it. */
export function findSocket(pid: number, inode: string): LiveDescriptor {
  for (const table of [...TABLES, 'unix', 'netlink', 'packet']) {
    const text = readText(`/proc/${pid}/net/${table}`);
    // Most tables have no such inode; looking for the digits first spares taking the lines apart.
    for (let at = text.indexOf(` ${inode}`); at >= 0; at = text.indexOf(` ${inode}`, at + 1)) {
      if (at > LONGEST_TABLE) break;
      const line = text.slice(text.lastIndexOf('\n', at) + 1, text.indexOf('\n', at));
      if (table === 'netlink' || table === 'packet') {
        if (line.trim().split(/\s+/).includes(inode)) return { type: table, name: '' };
        continue;
      }
      const found = table === 'unix' ? ofUnixLine(line, inode) : ofLine(line, inode);
      if (found !== undefined) return found;
    }
  }
  return { type: undefined, name: `socket:[${inode}]` };
}
