import { formatIpv6 } from '@runward/events';

/** What the kernel's connection tracking says of translated connections, as `/proc/net/nf_conntrack` lists them. */

export interface ConntrackEntry {
  readonly protocol: string;
  /** As the client sent it. */
  readonly source: string;
  readonly target: string;
  readonly targetPort: number;
  /** Who answers, and whom: the ends after translation. */
  readonly server: string;
  readonly serverPort: number;
  readonly seenClient: string;
}

const PAIR = /\b(src|dst|sport|dport)=(\S+)/g;
/** Lines of a table that are looked at; a gateway has a million. */
const MOST_LINES = 65_536;

/**
 * The translated connections of the table; others are left out. Lines that are no such line are skipped: the format is
 * the kernel's own (net/netfilter/nf_conntrack_standalone.c).
 */
export function parseConntrack(text: string): ConntrackEntry[] {
  const found: ConntrackEntry[] = [];
  let lines = 0;
  for (let at = 0; at < text.length && lines < MOST_LINES; lines += 1) {
    const end = text.indexOf('\n', at);
    const entry = parseLine(text.slice(at, end < 0 ? text.length : end));
    if (entry !== undefined) found.push(entry);
    at = end < 0 ? text.length : end + 1;
  }
  return found;
}

function parseLine(line: string): ConntrackEntry | undefined {
  const protocol = line.split(/\s+/, 3)[2];
  const values: Record<string, string[]> = { src: [], dst: [], sport: [], dport: [] };
  for (const [, name = '', value = ''] of line.matchAll(PAIR)) values[name]?.push(value);
  const [source, server] = values.src ?? [];
  const [target, seenClient] = values.dst ?? [];
  if (protocol === undefined || source === undefined || server === undefined) return undefined;
  if (target === undefined || seenClient === undefined) return undefined;
  const targetPort = Number(values.dport?.[0] ?? 0);
  const serverPort = Number(values.sport?.[1] ?? 0);
  if (target === server && source === seenClient && targetPort === serverPort) return undefined;
  return {
    ...{ protocol, targetPort, serverPort },
    source: shortAddress(source),
    target: shortAddress(target),
    server: shortAddress(server),
    seenClient: shortAddress(seenClient),
  };
}

/** The table writes IPv6 addresses in full: `2001:0db8:0000:…`. */
function shortAddress(address: string): string {
  const bytes = Uint8Array.from(address.replaceAll(':', '').match(/../g) ?? [], (pair) =>
    Number.parseInt(pair, 16),
  );
  return address.includes(':') && bytes.length === 16 ? formatIpv6(bytes, 0) : address;
}

export interface Translation {
  /** Where connections to this address end up, by address and port; empty when it is not translated. */
  backends(
    protocol: string,
    client: string,
    target: string,
    port: number,
  ): readonly { address: string; port: number }[];
  /** Who is behind the address a server sees, and what it asked for; undefined when nobody else is. */
  origin(
    protocol: string,
    server: string,
    port: number,
    seen: string,
  ): { readonly client: string; readonly target: string; readonly port: number } | undefined;
}

const MOST_BACKENDS = 16;

/** Looks translated connections up from both ends. */
export function conntrackIndex(entries: readonly ConntrackEntry[]): Translation {
  const forward = new Map<string, Map<string, { address: string; port: number }>>();
  const backward = new Map<string, ConntrackEntry | undefined>();
  for (const entry of entries) {
    if (entry.target !== entry.server || entry.targetPort !== entry.serverPort) {
      const key = `${entry.protocol} ${entry.source} ${entry.target} ${entry.targetPort}`;
      const backends = forward.get(key) ?? new Map<string, { address: string; port: number }>();
      if (backends.size < MOST_BACKENDS)
        backends.set(`${entry.server} ${entry.serverPort}`, {
          address: entry.server,
          port: entry.serverPort,
        });
      forward.set(key, backends);
    }
    const key = `${entry.protocol} ${entry.server} ${entry.serverPort} ${entry.seenClient}`;
    const other = backward.get(key);
    const differs = other !== undefined && (other.source !== entry.source || other.target !== entry.target);
    // Several clients behind one address: which of them a flow is cannot be told.
    backward.set(key, differs || (backward.has(key) && other === undefined) ? undefined : entry);
  }
  return {
    backends: (protocol, client, target, port) => [
      ...(forward.get(`${protocol} ${client} ${target} ${port}`)?.values() ?? []),
    ],
    origin: (protocol, server, port, seen) => {
      const entry = backward.get(`${protocol} ${server} ${port} ${seen}`);
      return entry === undefined
        ? undefined
        : { client: entry.source, target: entry.target, port: entry.targetPort };
    },
  };
}
