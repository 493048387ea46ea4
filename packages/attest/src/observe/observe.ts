import type { Configuration, NamespaceName, Observation } from '../configuration/configuration.js';
import { digestOf } from '../configuration/digest.js';
import { AttestError } from '../error.js';
import { hostNamespaces, NAMESPACES, namespacesOf, processesBeyond } from './beyond.js';
import { foldersOf, readDeviceRules, readLimits } from './cgroup-limits.js';
import { deviceNodes } from './device-nodes.js';
import { textOf } from './files.js';
import { describeMounts, isReadOnly, readMountInfo } from './mounts.js';
import {
  capabilityNamesIn,
  type ProcessStatus,
  readEnvironment,
  readHardLimits,
  statusOf,
} from './process-status.js';

export interface ObserveRequest {
  /** The container's first process, in this machine's numbers. */
  readonly pid: number;
  /** All of its processes, the first included. */
  readonly pids: readonly number[];
  /** What names this container alone: its id and name. */
  readonly ids: readonly string[];
  /** Reads the filters of system calls, by stopping the first process for a moment; undefined: they are not read. */
  readonly readFilters?: ((pid: number) => readonly string[] | string) | undefined;
}

const HOST_MOUNTS = '/proc/1/mountinfo';
const OWN_MOUNTS = '/proc/self/mountinfo';

/**
 * What a running container may do, as the kernel has it now.
 *
 * @throws AttestError ATTEST_GONE when it ended meanwhile, ATTEST_UNREADABLE when this process may not look
 */
export function observe({ pid, pids, ids, readFilters }: ObserveRequest): Observation {
  const status = statusOf(pid);
  if (status === undefined) throw gone(pid);
  const mountText = textOf(`/proc/${pid}/mountinfo`);
  const environment = textOf(`/proc/${pid}/environ`);
  if (mountText === undefined || environment === undefined) throw unreadable(pid);
  const lines = readMountInfo(mountText);
  const folders = foldersOf(pid);
  const devices = deviceNodes(pid);
  const gaps: string[] = [];
  if (devices.cut) gaps.push('there are more entries in /dev than are looked at');
  const filters = filtersOf(status, readFilters, gaps);
  const configuration: Configuration = {
    version: 1,
    process: {
      ...{ executable: status.executable, uids: status.uids, gids: status.gids, groups: status.groups },
      capabilities: {
        inheritable: capabilityNamesIn(status.capabilities.inheritable),
        permitted: capabilityNamesIn(status.capabilities.permitted),
        effective: capabilityNamesIn(status.capabilities.effective),
        bounding: capabilityNamesIn(status.capabilities.bounding),
        ambient: capabilityNamesIn(status.capabilities.ambient),
      },
      ...{ noNewPrivileges: status.noNewPrivileges, seccomp: status.seccomp },
      ...{ seccompFilters: status.seccompFilters, seccompDigests: filters },
      securityLabel: status.securityLabel,
      oomScoreAdjust: Number(textOf(`/proc/${pid}/oom_score_adj`) ?? 0),
      hardLimits: readHardLimits(textOf(`/proc/${pid}/limits`) ?? ''),
      environment: readEnvironment(environment),
    },
    namespaces: standings(pid),
    userMapping: userMapping(textOf(`/proc/${pid}/uid_map`) ?? ''),
    rootReadOnly: rootIsReadOnly(lines),
    mounts: describeMounts(lines, readMountInfo(textOf(HOST_MOUNTS) ?? textOf(OWN_MOUNTS) ?? ''), ids),
    devices: { nodes: devices.nodes, rules: readDeviceRules(folders) },
    limits: readLimits(folders),
    beyond: processesBeyond(status, pids),
  };
  return { configuration, digest: digestOf(configuration), pid, gaps };
}

function rootIsReadOnly(lines: ReturnType<typeof readMountInfo>): boolean {
  const root = lines.findLast(({ destination }) => destination === '/');
  return root !== undefined && isReadOnly(root);
}

function standings(pid: number): Configuration['namespaces'] {
  const [own, hosts] = [namespacesOf(pid), hostNamespaces()];
  const standing = (name: NamespaceName): 'own' | 'host' | 'unknown' => {
    const mine = own.get(name);
    if (mine === undefined) return 'unknown';
    return hosts.has(mine) ? 'host' : 'own';
  };
  // Every name of the table is in it.
  return Object.fromEntries(NAMESPACES.map((name) => [name, standing(name)])) as Configuration['namespaces'];
}

/** The whole range mapped onto itself is no mapping. */
const userMapping = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim().replace(/\s+/g, ' '))
    .filter((line) => line !== '' && line !== '0 0 4294967295');

function filtersOf(
  { pid, seccomp }: ProcessStatus,
  read: ObserveRequest['readFilters'],
  gaps: string[],
): readonly string[] | null {
  if (read === undefined || seccomp !== 'filter') return null;
  const found = read(pid);
  if (typeof found !== 'string') return found;
  gaps.push(`the filters of system calls cannot be read: ${found}`);
  return null;
}

const gone = (pid: number): AttestError =>
  new AttestError('ATTEST_GONE', `process ${pid} ended while its container was looked at`, {
    help: 'look again: `runward ps` lists what runs now',
  });

const unreadable = (pid: number): AttestError =>
  new AttestError('ATTEST_UNREADABLE', `what process ${pid} may do cannot be read`, {
    help: 'run as root: the kernel tells mounts and environment of others to nobody else',
  });
