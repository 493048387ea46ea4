import {
  FILE_OPERATIONS,
  type FileOperation,
  type NetworkFamily,
  type NetworkProtocol,
} from '../../model/policy.js';

/** What is done to a path: operations of the file section, and starting it as a program. */
export const PATH_USES = [...FILE_OPERATIONS, 'start'] as const;
export type PathUse = FileOperation | 'start';

/** Permissions of the class `file`, by what they are for. Locks, and asking what a file is, come with each. */
const FILE: Readonly<Record<PathUse, readonly string[]>> = {
  read: ['open', 'read', 'map', 'lock', 'ioctl'],
  write: ['open', 'write', 'append', 'map', 'lock', 'ioctl'],
  create: ['create', 'open', 'write', 'append'],
  delete: ['unlink'],
  rename: ['rename', 'unlink', 'link'],
  link: ['link'],
  chmod: ['setattr'],
  chown: ['setattr'],
  mount: ['mounton'],
  execute: ['open', 'read', 'execute', 'map'],
  start: ['open', 'read', 'execute', 'execute_no_trans', 'entrypoint', 'map'],
};

/** Of the class `dir`: making and taking away names in it goes by what may be done to what has the name. */
const DIRECTORY: Readonly<Record<PathUse, readonly string[]>> = {
  read: ['open', 'read', 'lock', 'ioctl'],
  write: [],
  create: ['create', 'write', 'add_name'],
  delete: ['rmdir', 'write', 'remove_name'],
  rename: ['rename', 'reparent', 'write', 'add_name', 'remove_name'],
  link: ['write', 'add_name'],
  chmod: ['setattr'],
  chown: ['setattr'],
  mount: ['mounton'],
  execute: [],
  start: [],
};

/** `start` and `execute` are of files alone. */
const NOT_OF_FILES: ReadonlySet<string> = new Set(['execute_no_trans', 'entrypoint', 'execute', 'map']);

const sorted = (permissions: Iterable<string>): readonly string[] => [...new Set(permissions)].sort();

/** Access by class, for files that are used so. */
export function accessTo(
  uses: readonly PathUse[],
): readonly (readonly [name: string, permissions: readonly string[]])[] {
  const file = sorted(['getattr', ...uses.flatMap((use) => FILE[use])]);
  const special = file.filter((permission) => !NOT_OF_FILES.has(permission));
  // Whoever may use something below a directory has to pass it.
  const directory = sorted(['getattr', 'search', ...uses.flatMap((use) => DIRECTORY[use])]);
  return [
    ['file', uses.length === 0 ? [] : file],
    ...(['chr_file', 'blk_file', 'fifo_file', 'sock_file'] as const).map(
      (name) =>
        [
          name,
          uses.length === 0 ? [] : special.filter((each) => name !== 'sock_file' || each !== 'ioctl'),
        ] as const,
    ),
    ['lnk_file', sorted(['getattr', 'read', ...uses.flatMap((use) => LINK[use] ?? [])])],
    ['dir', directory],
  ];
}

const LINK: Readonly<Partial<Record<PathUse, readonly string[]>>> = {
  create: ['create'],
  delete: ['unlink'],
  rename: ['rename', 'unlink'],
};

/** Capabilities from 32 on are of a class of their own (include/uapi/linux/capability.h). */
export const SECOND_CAPABILITIES: ReadonlySet<string> = new Set([
  ...['MAC_OVERRIDE', 'MAC_ADMIN', 'SYSLOG', 'WAKE_ALARM', 'BLOCK_SUSPEND', 'AUDIT_READ', 'PERFMON', 'BPF'],
  'CHECKPOINT_RESTORE',
]);

/** Classes of sockets; where the internet is meant, by protocol. */
export function socketClasses(
  family: NetworkFamily,
  protocol: NetworkProtocol | undefined,
): readonly string[] {
  switch (family) {
    case 'unix':
      return ['unix_stream_socket', 'unix_dgram_socket'];
    case 'netlink':
      return ['netlink_route_socket', 'netlink_kobject_uevent_socket', 'netlink_generic_socket'];
    case 'packet':
      return ['packet_socket'];
    case 'other':
      return ['socket'];
    default:
      return protocol === undefined ? [] : INTERNET[protocol];
  }
}

const INTERNET: Readonly<Record<NetworkProtocol, readonly string[]>> = {
  tcp: ['tcp_socket'],
  udp: ['udp_socket'],
  raw: ['rawip_socket'],
  sctp: ['sctp_socket'],
  icmp: ['icmp_socket'],
};

/** What may be done with a socket once it may be made. */
export const SOCKET_PERMISSIONS: readonly string[] = [
  ...[
    'accept',
    'append',
    'bind',
    'connect',
    'create',
    'getattr',
    'getopt',
    'ioctl',
    'listen',
    'lock',
    'read',
  ],
  ...['setattr', 'setopt', 'shutdown', 'write'],
];
