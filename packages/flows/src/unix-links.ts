/** A connected unix socket, as somebody holds it. */
export interface UnixSocket {
  readonly cgroup: number;
  /** Inode numbers of the socket and of the one it is connected to; `peer` 0: not accepted yet. */
  readonly socket: number;
  readonly peer: number;
  /** The name it is bound to; an accepted socket has its listener's. */
  readonly path: string;
}

export interface UnixConnection {
  readonly client: number;
  readonly server: number;
  readonly path: string;
  readonly open: number;
}

/**
 * Connections whose ends are held by different cgroups. Pairs made by socketpair(2) have no name and no direction: they
 * are left out, as are connections nobody accepted yet.
 */
export function joinUnixSockets(sockets: readonly UnixSocket[]): UnixConnection[] {
  const byInode = new Map<number, UnixSocket>();
  for (const row of sockets) if (!byInode.has(row.socket)) byInode.set(row.socket, row);
  const found = new Map<string, { client: number; server: number; path: string; open: number }>();
  for (const server of byInode.values()) {
    const client = byInode.get(server.peer);
    if (client === undefined || client.cgroup === server.cgroup || server.path === '') continue;
    if (client.path !== '' && client.socket < server.socket) continue; // both are bound: told once
    const key = `${client.cgroup} ${server.cgroup} ${server.path}`;
    const link = found.get(key) ?? {
      client: client.cgroup,
      server: server.cgroup,
      path: server.path,
      open: 0,
    };
    link.open += 1;
    found.set(key, link);
  }
  return [...found.values()];
}
