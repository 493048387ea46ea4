/** What is planted in a container that is otherwise as it was approved, and what is to be told of it. */

/** What of a runtime specification the plants change. Loose: it is what goes into `config.json`. */
export interface Spec {
  process: {
    args: string[];
    user: { uid: number; gid: number; additionalGids?: number[] };
    env: string[];
    capabilities: Record<'bounding' | 'effective' | 'permitted' | 'inheritable' | 'ambient', string[]>;
    noNewPrivileges: boolean;
    oomScoreAdj: number;
    rlimits: { type: string; hard: number; soft: number }[];
  };
  root: { path: string; readonly: boolean };
  mounts: { destination: string; type: string; source: string; options?: string[] }[];
  linux: {
    namespaces: { type: string }[];
    maskedPaths: string[];
    readonlyPaths: string[];
    rootfsPropagation?: string;
    devices: { path: string; type: string; major: number; minor: number; fileMode: number }[];
    resources: {
      devices: { allow: boolean; type?: string; major?: number; minor?: number; access: string }[];
      memory: { limit?: number };
      pids?: { limit: number };
      cpu?: { quota: number; period: number };
    };
    seccomp?: {
      defaultAction: string;
      architectures: string[];
      syscalls: { names: string[]; action: string }[];
    };
  };
}

export interface Plant {
  readonly name: string;
  readonly plant: (spec: Spec) => void;
  /** Each difference that is told, and no other. */
  readonly told: readonly string[];
  readonly text: RegExp;
}

const seccomp = (...denied: string[]): Spec['linux']['seccomp'] => ({
  ...{ defaultAction: 'SCMP_ACT_ALLOW', architectures: ['SCMP_ARCH_X86_64'] },
  syscalls: [{ names: ['reboot', 'kexec_load', ...denied], action: 'SCMP_ACT_ERRNO' }],
});

const MASKED = ['/proc/kcore', '/proc/keys', '/proc/timer_list', '/proc/sched_debug', '/sys/firmware'];
const READ_ONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** As confined as it gets. `folders`: of the host, mounted read-only. */
export const cleanSpec = (rootfs: string, folders: { readonly data: string }): Spec => ({
  process: {
    args: ['sleep', '3600'],
    user: { uid: 1000, gid: 1000 },
    env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'MODE=test', 'REGION=here'],
    capabilities: {
      ...{ bounding: ['CAP_CHOWN', 'CAP_KILL'], effective: [], permitted: ['CAP_CHOWN', 'CAP_KILL'] },
      ...{ inheritable: ['CAP_CHOWN', 'CAP_KILL'], ambient: [] },
    },
    noNewPrivileges: true,
    oomScoreAdj: 100,
    rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }],
  },
  root: { path: rootfs, readonly: true },
  mounts: [
    { destination: '/proc', type: 'proc', source: 'proc' },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=65536k'] },
    {
      destination: '/dev/shm',
      type: 'tmpfs',
      source: 'shm',
      options: ['nosuid', 'nodev', 'noexec', 'mode=1777'],
    },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
    { destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev', 'noexec'] },
    { destination: '/run', type: 'bind', source: folders.data, options: ['bind', 'ro'] },
  ],
  linux: {
    namespaces: ['pid', 'ipc', 'uts', 'mount', 'network', 'cgroup'].map((type) => ({ type })),
    ...{ maskedPaths: MASKED, readonlyPaths: READ_ONLY, devices: [] },
    resources: {
      devices: [{ allow: false, access: 'rwm' }],
      memory: { limit: 64 * 1024 * 1024 },
      pids: { limit: 64 },
    },
    ...withSeccomp(seccomp()),
  },
});

function withSeccomp(filter: Spec['linux']['seccomp']): Pick<Spec['linux'], 'seccomp'> {
  return filter === undefined ? {} : { seccomp: filter };
}

const without =
  (name: string) =>
  (spec: Spec): void => {
    spec.linux.namespaces = spec.linux.namespaces.filter(({ type }) => type !== name);
  };
const mount =
  (destination: string, source: string, ...options: string[]) =>
  (spec: Spec): void => {
    spec.mounts.push({ destination, type: 'bind', source, options: ['bind', ...options] });
  };

/** `folders`: of the host, made for this. */
export const plants = (folders: { readonly data: string; readonly socket: string }): readonly Plant[] => [
  {
    name: 'root',
    plant: ({ process }) => {
      process.user.uid = 0;
    },
    told: ['process.capabilities.CAP_CHOWN', 'process.capabilities.CAP_KILL', 'process.uids'],
    text: /that is root/,
  },
  {
    name: 'root-group',
    plant: ({ process }) => {
      process.user.gid = 0;
    },
    told: ['process.gids'],
    text: /root's group/,
  },
  {
    name: 'more-groups',
    plant: ({ process }) => {
      process.user.additionalGids = [6];
    },
    told: ['process.groups'],
    text: /groups `6` as well/,
  },
  {
    name: 'capability',
    plant: ({ process }) => {
      process.capabilities.bounding.push('CAP_NET_ADMIN');
    },
    told: ['process.capabilities.CAP_NET_ADMIN'],
    text: /may change network configuration/,
  },
  {
    name: 'capability-lost',
    plant: ({ process }) => {
      for (const set of ['bounding', 'permitted', 'inheritable'] as const)
        process.capabilities[set] = ['CAP_CHOWN'];
    },
    told: ['process.capabilities.CAP_KILL'],
    text: /lacks `CAP_KILL`/,
  },
  {
    name: 'ambient',
    plant: ({ process }) => {
      process.capabilities.ambient.push('CAP_CHOWN');
    },
    told: ['process.capabilities.CAP_CHOWN'],
    text: /effective, permitted, ambient/,
  },
  {
    name: 'new-privileges',
    plant: ({ process }) => {
      process.noNewPrivileges = false;
    },
    told: ['process.noNewPrivileges'],
    text: /no-new-privileges is off/,
  },
  {
    name: 'no-seccomp',
    plant: ({ linux }) => {
      delete linux.seccomp;
    },
    told: ['process.seccomp'],
    text: /every system call/,
  },
  {
    name: 'other-seccomp',
    plant: ({ linux }) => {
      Object.assign(linux, withSeccomp(seccomp('swapon')));
    },
    told: ['process.seccompDigests'],
    text: /others than those approved/,
  },
  {
    name: 'host-pid',
    plant: without('pid'),
    told: ['namespaces.pid'],
    text: /may signal the host's processes/,
  },
  { name: 'host-net', plant: without('network'), told: ['namespaces.net'], text: /uses the host's network/ },
  { name: 'host-ipc', plant: without('ipc'), told: ['namespaces.ipc'], text: /memory segments/ },
  { name: 'host-uts', plant: without('uts'), told: ['namespaces.uts'], text: /host's name/ },
  { name: 'host-cgroup', plant: without('cgroup'), told: ['namespaces.cgroup'], text: /control groups/ },
  {
    name: 'writable-root',
    plant: ({ root }) => {
      root.readonly = false;
    },
    told: ['rootReadOnly'],
    text: /root file system is writable/,
  },
  {
    name: 'host-folder',
    plant: mount('/mnt', '/etc', 'ro'),
    told: ['mounts./mnt'],
    text: /the host's `\/etc` is mounted at `\/mnt`, read-only/,
  },
  {
    name: 'runtime-socket',
    plant: mount('/docker.sock', folders.socket),
    told: ['mounts./docker.sock'],
    text: /docker\.sock` is mounted at `\/docker\.sock`, writable/,
  },
  {
    name: 'now-writable',
    plant: ({ mounts }) => {
      for (const each of mounts) if (each.destination === '/run') each.options = ['bind', 'rw'];
    },
    told: ['mounts./run'],
    text: /`\/run` is writable/,
  },
  {
    name: 'now-executable',
    plant: ({ mounts }) => {
      for (const each of mounts) if (each.destination === '/tmp') each.options = ['nosuid', 'nodev'];
    },
    told: ['mounts./tmp'],
    text: /without `noexec`/,
  },
  {
    name: 'other-source',
    plant: ({ mounts }) => {
      for (const each of mounts) if (each.destination === '/run') each.source = '/usr/share';
    },
    told: ['mounts./run'],
    text: /the host's `\/usr\/share` is at `\/run`/,
  },
  {
    name: 'mount-gone',
    plant: (spec) => {
      spec.mounts = spec.mounts.filter(({ destination }) => destination !== '/tmp');
    },
    told: ['mounts./tmp'],
    text: /nothing is mounted at `\/tmp`/,
  },
  {
    name: 'uncovered',
    plant: ({ linux }) => {
      linux.maskedPaths = MASKED.filter((path) => path !== '/proc/timer_list');
    },
    told: ['mounts./proc/timer_list'],
    text: /`\/proc\/timer_list` of the kernel is not covered/,
  },
  {
    name: 'writable-kernel',
    plant: ({ linux }) => {
      linux.readonlyPaths = READ_ONLY.filter((path) => path !== '/proc/sys');
    },
    told: ['mounts./proc/sys'],
    text: /`\/proc\/sys` of the kernel is not covered/,
  },
  {
    name: 'shared-mounts',
    plant: ({ mounts }) => {
      for (const each of mounts) if (each.destination === '/tmp') each.options?.push('shared');
    },
    told: ['mounts./tmp'],
    text: /appears elsewhere too/,
  },
  {
    name: 'device',
    plant: ({ linux }) => {
      linux.devices.push({ path: '/dev/other', type: 'c', major: 1, minor: 5, fileMode: 0o600 });
    },
    told: ['devices.nodes'],
    text: /`c 1:5 600 \/dev\/other`/,
  },
  {
    name: 'device-rule',
    plant: ({ linux }) => {
      linux.resources.devices.push({ allow: true, type: 'b', major: 7, minor: 9, access: 'rwm' });
    },
    told: ['devices.rules'],
    text: /`b 7:9 rwm`/,
  },
  {
    name: 'no-memory-limit',
    plant: ({ linux }) => {
      linux.resources.memory = {};
    },
    told: ['limits.memoryBytes'],
    text: /memory is without a limit/,
  },
  {
    name: 'more-memory',
    plant: ({ linux }) => {
      linux.resources.memory.limit = 128 * 1024 * 1024;
    },
    told: ['limits.memoryBytes'],
    text: /limited to 134217728 bytes/,
  },
  {
    name: 'more-processes',
    plant: ({ linux }) => {
      linux.resources.pids = { limit: 128 };
    },
    told: ['limits.pids'],
    text: /limited to 128/,
  },
  {
    name: 'preload',
    plant: ({ process }) => {
      process.env.push('LD_PRELOAD=/tmp/x.so');
    },
    told: ['process.environment'],
    text: /changes what its programs load/,
  },
  {
    name: 'variable-gone',
    plant: ({ process }) => {
      process.env = process.env.filter((each) => !each.startsWith('MODE='));
    },
    told: ['process.environment'],
    text: /was not given the variables `MODE`/,
  },
  {
    name: 'fewer-files',
    plant: ({ process }) => {
      process.rlimits = [{ type: 'RLIMIT_NOFILE', hard: 512, soft: 512 }];
    },
    told: ['process.hardLimits.Max open files'],
    text: /is 512 and not 1024/,
  },
  {
    name: 'oom',
    plant: ({ process }) => {
      process.oomScoreAdj = 500;
    },
    told: ['process.oomScoreAdjust'],
    text: /sooner than approved/,
  },
  {
    name: 'other-program',
    plant: ({ process }) => {
      process.args = ['/usr/local/bin/traffic', 'serve', '127.0.0.1', '8080'];
    },
    told: ['process.executable'],
    text: /first process runs/,
  },
];
