import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { isIP, SocketAddress } from 'node:net';
import type { AccountNames } from '@runward/events';

/** More than any sane container has; what is beyond is not read. */
const MAX_BYTES = 1024 * 1024;
const MAX_ACCOUNTS = 20_000;
const MAX_HOSTS = 4096;
const NAMES_PER_HOST = 32;

interface User {
  readonly name: string;
  readonly home: string;
  readonly shell: string;
}

export interface AccountData {
  readonly users: readonly (User & { readonly uid: number })[];
  readonly groups: readonly { readonly gid: number; readonly name: string }[];
  /** Names that `etc/hosts` gives to addresses. */
  readonly hosts: readonly { readonly ip: string; readonly names: readonly string[] }[];
}

/**
 * The accounts of a container, from `etc/passwd` and `etc/group` below its root (`/proc/PID/root`). Files that
 * are missing, unreadable, too large or that lead out of the root count as empty: names are a courtesy and the
 * container chooses them, so nothing may depend on them.
 */
export async function readAccounts(rootPath: string): Promise<AccountNames> {
  const { users: userList, groups: groupList } = await readAccountData(rootPath);
  const users = new Map(userList.map((user) => [user.uid, user]));
  const groups = new Map(groupList.map((group) => [group.gid, group.name]));
  return {
    userName: (uid) => users.get(uid)?.name,
    userHome: (uid) => users.get(uid)?.home,
    userShell: (uid) => users.get(uid)?.shell,
    groupName: (gid) => groups.get(gid),
  };
}

/** The same as plain data, which can travel between threads; one entry per id. */
export async function readAccountData(rootPath: string): Promise<AccountData> {
  const [passwd, group, hosts] = await Promise.all([
    readInside(rootPath, 'passwd'),
    readInside(rootPath, 'group'),
    readInside(rootPath, 'hosts'),
  ]);
  const users = new Map<number, User>();
  for (const [name = '', , id = '', , , home = '', shell = ''] of entries(passwd)) {
    const uid = numeric(id);
    // As the C library does: the first line of an id counts.
    if (uid !== undefined && !users.has(uid)) users.set(uid, { name, home, shell });
  }
  const groups = new Map<number, string>();
  for (const [name = '', , id = ''] of entries(group)) {
    const gid = numeric(id);
    if (gid !== undefined && !groups.has(gid)) groups.set(gid, name);
  }
  return {
    users: [...users].map(([uid, user]) => ({ uid, ...user })),
    groups: [...groups].map(([gid, name]) => ({ gid, name })),
    hosts: readHosts(hosts),
  };
}

/** Lines of an address and its names; a `#` begins a comment. Addresses in the form events have them. */
function readHosts(content: string): AccountData['hosts'] {
  return content.split('\n', MAX_HOSTS).flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (isIP(address) === 0 || names.length === 0) return [];
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    return [{ ip: new SocketAddress({ address, family }).address, names: names.slice(0, NAMES_PER_HOST) }];
  });
}

const entries = (content: string): readonly (readonly string[])[] =>
  content
    .split('\n', MAX_ACCOUNTS)
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'))
    .filter(([name]) => name !== undefined && name !== '');

const numeric = (text: string): number | undefined =>
  /^\d{1,10}$/.test(text) && Number(text) <= 0xffff_ffff ? Number(text) : undefined;

/**
 * Each step is opened without following links, the next one below the folder already open: a container that
 * swaps a folder for a link meanwhile cannot lead the reader to a file of the host.
 */
async function readInside(rootPath: string, name: 'passwd' | 'group' | 'hosts'): Promise<string> {
  try {
    // The root itself is a link of /proc that must be followed, and is not the container's to choose.
    const root = await open(rootPath, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      const etc = await open(
        `/proc/self/fd/${root.fd}/etc`,
        constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW,
      );
      try {
        return await readRegular(`/proc/self/fd/${etc.fd}/${name}`);
      } finally {
        await etc.close();
      }
    } finally {
      await root.close();
    }
  } catch {
    return '';
  }
}

async function readRegular(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = await file.stat();
    if (!stat.isFile() || stat.size > MAX_BYTES) return '';
    const bytes = Buffer.alloc(MAX_BYTES);
    const { bytesRead } = await file.read(bytes, 0, MAX_BYTES, 0);
    return bytes.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
