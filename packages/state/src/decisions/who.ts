import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Who } from './decision.js';

/** A login uid of a process that no login led to. */
const NO_LOGIN = 0xffff_ffff;
const PTS_MAJOR = 136;
const PTS_MAJORS = 8;
const TTY_MAJOR = 4;
const FIRST_SERIAL_MINOR = 64;

/** Who stands behind a process. Never fails: what cannot be told is left out. `uid` is what the kernel said. */
export function whoIs(pid: number, uid: number, proc = '/proc', passwd = '/etc/passwd'): Who {
  const names = userNames(read(passwd));
  const login = Number(read(`${proc}/${pid}/loginuid`) || NO_LOGIN);
  const environment = read(`${proc}/${pid}/environ`).split('\0');
  // Of the environment nothing else is looked at: it is where secrets are.
  const sudoUser = environment.find((entry) => entry.startsWith('SUDO_USER='))?.slice('SUDO_USER='.length);
  const terminal = terminalName(read(`${proc}/${pid}/stat`));
  return {
    uid,
    user: names.get(uid) ?? '',
    ...(login === NO_LOGIN ? {} : { loginUser: names.get(login) ?? String(login) }),
    ...(sudoUser === undefined || sudoUser === '' ? {} : { sudoUser }),
    ...(terminal === undefined ? {} : { terminal }),
    program: programOf(`${proc}/${pid}`),
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** What Node.js calls the first thread of each of its processes. */
const NODE_THREAD = 'MainThread';
/** Ours, as its launcher starts it. */
const OWN_SCRIPT = /\/packages\/cli\/dist\/main\.js$/;

function programOf(folder: string): string {
  const name = read(`${folder}/comm`).trim();
  if (name !== NODE_THREAD) return name;
  const [node = '', ...words] = read(`${folder}/cmdline`).split('\0');
  const script = words.find((word) => !word.startsWith('-')) ?? node;
  return OWN_SCRIPT.test(script) ? 'runward' : basename(script);
}

function userNames(passwd: string): ReadonlyMap<number, string> {
  const rows = passwd.split('\n').map((line) => line.split(':'));
  return new Map(rows.flatMap(([name, , id]) => (name && id ? [[Number(id), name] as const] : [])));
}

/** From `tty_nr` of proc(5): bits 15 to 8 are the major number, 31 to 20 and 7 to 0 the minor. */
function terminalName(stat: string): string | undefined {
  const [, , , , device = '0'] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const number = Number(device);
  const major = (number >> 8) & 0xff;
  const minor = (number & 0xff) | ((number >> 12) & 0xfff00);
  if (major >= PTS_MAJOR && major < PTS_MAJOR + PTS_MAJORS) return `pts/${(major - PTS_MAJOR) * 256 + minor}`;
  if (major !== TTY_MAJOR) return undefined;
  return minor < FIRST_SERIAL_MINOR ? `tty${minor}` : `ttyS${minor - FIRST_SERIAL_MINOR}`;
}
