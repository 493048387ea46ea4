import type { Configuration } from '../configuration/configuration.js';

/** A container that is as confined as it gets. */
export const CONFINED: Configuration = {
  version: 1,
  process: {
    ...{
      executable: '/bin/web',
      uids: [1000, 1000, 1000, 1000],
      gids: [1000, 1000, 1000, 1000],
      groups: [1000],
    },
    capabilities: { inheritable: [], permitted: [], effective: [], bounding: ['CAP_CHOWN'], ambient: [] },
    ...{ noNewPrivileges: true, seccomp: 'filter', seccompFilters: 1, seccompDigests: null },
    ...{ securityLabel: 'web (enforce)', oomScoreAdjust: 0 },
    ...{ hardLimits: { 'Max open files': '1024' }, environment: ['PATH'] },
  },
  namespaces: { cgroup: 'own', ipc: 'own', mnt: 'own', net: 'own', pid: 'own', user: 'own', uts: 'own' },
  userMapping: ['0 100000 65536'],
  rootReadOnly: true,
  mounts: [
    mount('/', 'overlay', '', true),
    mount('/data', 'ext4', '/srv/data', true),
    mount('/proc', 'proc', '', false),
    mount('/proc/keys', 'devtmpfs', '/dev/null', true),
    mount('/proc/sys', 'proc', '', true),
    mount('/proc/sysrq-trigger', 'proc', '', true),
    mount('/tmp', 'tmpfs', '', false),
  ],
  devices: { nodes: ['c 1:3 666 /dev/null'], rules: ['c 1:3 rwm'] },
  limits: { memoryBytes: 67_108_864, memorySwapBytes: 67_108_864, cpus: 1, pids: 64, cpuset: '0-1' },
  beyond: [],
};

function mount(
  destination: string,
  type: string,
  source: string,
  readOnly: boolean,
): Configuration['mounts'][number] {
  return {
    destination,
    type,
    source,
    readOnly,
    flags: ['nodev', 'noexec', 'nosuid'],
    propagation: 'private',
  };
}
