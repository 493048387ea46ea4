import { formatIpv4, formatIpv6 } from '@runward/events';
import { textOf } from './proc-text.js';

export interface CapturedSocket {
  readonly protocol: string;
  /** `192.0.2.1:443`, `[::1]:53`, or a path; '' for none. */
  readonly local: string;
  readonly remote: string;
  readonly state: string;
  readonly inode: number;
  readonly uid: number;
}

export interface CapturedSockets {
  readonly sockets: readonly CapturedSocket[];
  readonly leftOut: number;
}

/** States of tcp(7) as /proc/net/tcp numbers them (include/net/tcp_states.h). */
const TCP_STATES = [
  ...['', 'established', 'syn-sent', 'syn-received', 'fin-wait-1', 'fin-wait-2', 'time-wait', 'closed'],
  ...['close-wait', 'last-ack', 'listening', 'closing', 'new-syn-received'],
];
const TABLES = ['tcp', 'tcp6', 'udp', 'udp6', 'raw', 'raw6', 'icmp', 'icmp6'] as const;

/** Every socket of the network namespace a process is in, whoever has it open; at most `most`. */
export async function captureSockets(pid: number, most: number): Promise<CapturedSockets> {
  const found: CapturedSocket[] = [];
  for (const table of TABLES)
    for (const line of await linesOf(`/proc/${pid}/net/${table}`)) {
      const socket = parseInet(line, table);
      if (socket !== undefined) found.push(socket);
    }
  for (const line of await linesOf(`/proc/${pid}/net/unix`)) {
    const socket = parseUnix(line);
    if (socket !== undefined) found.push(socket);
  }
  return { sockets: found.slice(0, most), leftOut: Math.max(0, found.length - most) };
}

const linesOf = async (path: string): Promise<readonly string[]> =>
  ((await textOf(path)) ?? '').split('\n').slice(1);

/** A line of /proc/PID/net/tcp and its like. */
export function parseInet(line: string, protocol: string): CapturedSocket | undefined {
  const [, local, remote, state, , , , uid, , inode] = line.trim().split(/\s+/);
  if (local === undefined || remote === undefined || inode === undefined) return undefined;
  const [here, there] = [endpoint(local), endpoint(remote)];
  if (here === undefined || there === undefined) return undefined;
  const number = Number.parseInt(state ?? '', 16);
  const named = protocol.startsWith('tcp') ? (TCP_STATES[number] ?? '') : number === 1 ? 'connected' : '';
  return { protocol, local: here, remote: there, state: named, inode: Number(inode), uid: Number(uid) };
}

/** `0100007F:1F90`: the address in 32-bit words of this machine, and the port. */
function endpoint(text: string): string | undefined {
  const [address = '', port = ''] = text.split(':');
  if (!/^(?:[0-9A-F]{8}|[0-9A-F]{32})$/i.test(address)) return undefined;
  const words = (address.match(/.{8}/g) ?? []).map((word) => Number.parseInt(word, 16));
  const bytes = new Uint8Array(new Uint32Array(words).buffer);
  const ip = bytes.length === 4 ? formatIpv4(bytes, 0) : formatIpv6(bytes, 0);
  return `${ip.includes(':') ? `[${ip}]` : ip}:${Number.parseInt(port, 16)}`;
}

/** A line of /proc/PID/net/unix: the path, where there is one, is last and may hold blanks. */
export function parseUnix(line: string): CapturedSocket | undefined {
  const [, flags, state, inode, path] = /^\S+: \S+ \S+ (\S+) \S+ (\S+) +(\d+)(?: (.*))?$/.exec(line) ?? [];
  if (flags === undefined || inode === undefined) return undefined;
  const isListening = (Number.parseInt(flags, 16) & 0x10000) !== 0;
  const named = isListening ? 'listening' : state === '03' ? 'connected' : '';
  return { protocol: 'unix', local: path ?? '', remote: '', state: named, inode: Number(inode), uid: -1 };
}
