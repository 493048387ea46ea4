import { CAPABILITIES } from '@runward/events';
import { CAPTURE_LIMITS as LIMITS } from './limits.js';
import { linkOf, namesIn, textOf } from './proc-text.js';

/** A process as it was. What could not be read any more is '' or empty. */
export interface CapturedProcess {
  readonly pid: number;
  readonly parent: number;
  /** Its number in each of its pid namespaces, the outermost first. */
  readonly pids: readonly number[];
  readonly name: string;
  readonly state: string;
  readonly arguments: readonly string[];
  readonly argumentsLeftOut: number;
  readonly executable: string;
  readonly cwd: string;
  readonly root: string;
  /** Real, effective, saved, file system. */
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  readonly startedTicks: number;
  readonly threads: number;
  readonly capabilities: Readonly<
    Record<'inheritable' | 'permitted' | 'effective' | 'bounding' | 'ambient', readonly string[]>
  >;
  readonly noNewPrivileges: boolean;
  readonly seccomp: 'none' | 'strict' | 'filter' | '';
  /** `net` → `net:[4026531840]` */
  readonly namespaces: Readonly<Record<string, string>>;
  readonly cgroups: readonly string[];
  /** Names of variables; never what they hold. */
  readonly environment: readonly string[];
  readonly environmentLeftOut: number;
  readonly descriptors: readonly CapturedDescriptor[];
  readonly descriptorsLeftOut: number;
}

export interface CapturedDescriptor {
  readonly fd: number;
  /** Path, or `socket:[12345]`, `pipe:[…]`, `anon_inode:…` */
  readonly target: string;
  /** Octal, as open(2) takes them. */
  readonly flags: string;
}

const SECCOMP = ['none', 'strict', 'filter'] as const;

/** undefined when it is gone. */
export async function captureProcess(pid: number): Promise<CapturedProcess | undefined> {
  const base = `/proc/${pid}`;
  const [status, stat, cmdline, environ, cgroup] = await Promise.all(
    ['status', 'stat', 'cmdline', 'environ', 'cgroup'].map((file) => textOf(`${base}/${file}`)),
  );
  if (status === undefined || stat === undefined) return undefined;
  const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  const numbers = (name: string): readonly number[] => field(name).split(/\s+/).filter(Boolean).map(Number);
  const [executable, cwd, root] = await Promise.all(
    ['exe', 'cwd', 'root'].map((file) => linkOf(`${base}/${file}`)),
  );
  const args = entries(cmdline ?? '');
  const names = namesOf(environ ?? '');
  const { descriptors, leftOut } = await descriptorsOf(base);
  const caps = (name: string): readonly string[] => capabilitiesIn(BigInt(`0x${field(name) || '0'}`));
  return {
    ...{ pid, parent: Number(field('PPid')), pids: numbers('NSpid'), name: field('Name') },
    ...{ state: field('State'), arguments: args.slice(0, LIMITS.arguments).map(cut) },
    argumentsLeftOut: Math.max(0, args.length - LIMITS.arguments),
    ...{ executable: executable ?? '', cwd: cwd ?? '', root: root ?? '' },
    ...{ uids: numbers('Uid'), gids: numbers('Gid'), threads: Number(field('Threads')) },
    startedTicks: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? 0),
    capabilities: {
      ...{ inheritable: caps('CapInh'), permitted: caps('CapPrm'), effective: caps('CapEff') },
      ...{ bounding: caps('CapBnd'), ambient: caps('CapAmb') },
    },
    noNewPrivileges: field('NoNewPrivs') === '1',
    seccomp: SECCOMP[Number(field('Seccomp'))] ?? '',
    namespaces: await namespacesOf(base),
    cgroups: (cgroup ?? '').split('\n').filter(Boolean),
    environment: names.slice(0, LIMITS.names).map(cut),
    environmentLeftOut: Math.max(0, names.length - LIMITS.names),
    ...{ descriptors, descriptorsLeftOut: leftOut },
  };
}

/** Those without a name yet by their number. */
function capabilitiesIn(set: bigint): readonly string[] {
  const names: string[] = [];
  for (let bit = 0; bit < 64; bit += 1)
    if (((set >> BigInt(bit)) & 1n) === 1n) names.push(CAPABILITIES[bit] ?? `capability ${bit}`);
  return names;
}

const entries = (text: string): readonly string[] => (text === '' ? [] : text.replace(/\0$/, '').split('\0'));
const cut = (text: string): string =>
  text.length > LIMITS.argumentCharacters ? `${text.slice(0, LIMITS.argumentCharacters)}…` : text;

/** What stands before the first `=`; an entry without one is no variable and may be part of a secret. */
const namesOf = (environ: string): readonly string[] =>
  entries(environ).flatMap((entry) => (entry.includes('=') ? [entry.slice(0, entry.indexOf('='))] : []));

async function namespacesOf(base: string): Promise<Readonly<Record<string, string>>> {
  const names = await namesIn(`${base}/ns`);
  const links = await Promise.all(
    names.map(async (name) => [name, await linkOf(`${base}/ns/${name}`)] as const),
  );
  return Object.fromEntries(links.filter(([, link]) => link !== ''));
}

async function descriptorsOf(
  base: string,
): Promise<{ readonly descriptors: readonly CapturedDescriptor[]; readonly leftOut: number }> {
  const names = (await namesIn(`${base}/fd`)).toSorted((a, b) => Number(a) - Number(b));
  const descriptors: CapturedDescriptor[] = [];
  for (const name of names.slice(0, LIMITS.descriptors)) {
    const target = await linkOf(`${base}/fd/${name}`);
    const info = (await textOf(`${base}/fdinfo/${name}`)) ?? '';
    if (target !== '')
      descriptors.push({ fd: Number(name), target, flags: /^flags:\s*(\d+)/m.exec(info)?.[1] ?? '' });
  }
  return { descriptors, leftOut: Math.max(0, names.length - LIMITS.descriptors) };
}
