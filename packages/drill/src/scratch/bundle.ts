import { ownCapabilities } from './host.js';

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const MASKED = ['/proc/kcore', '/proc/keys', '/proc/timer_list', '/proc/sched_debug', '/sys/firmware'];
const READ_ONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** What Docker and containerd give a container that asks for nothing. */
const COMMON = ['CHOWN', 'DAC_OVERRIDE', 'FSETID', 'FOWNER', 'MKNOD', 'NET_RAW', 'SETGID', 'SETUID', 'SETFCAP',
  'SETPCAP', 'NET_BIND_SERVICE', 'SYS_CHROOT', 'KILL', 'AUDIT_WRITE'].map((name) => `CAP_${name}`); // biome-ignore format: a list

/**
 * What no scratch container gets, privileged or not, for with it a mistake in a scenario would reach the machine: its
 * kernel's code, its clock, its power, its memory and devices.
 */
const NEVER = ['SYS_MODULE', 'SYS_BOOT', 'SYS_TIME', 'SYS_RAWIO', 'BPF', 'MAC_ADMIN', 'MAC_OVERRIDE', 'WAKE_ALARM',
  'SYSLOG', 'AUDIT_CONTROL', 'SYS_PACCT', 'SYS_NICE'].map((name) => `CAP_${name}`); // biome-ignore format: a list

/** Nodes of any device may be made, as Docker allows it; only these may be opened. */
const DEVICES = [
  { allow: false, access: 'rwm' },
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
  // null, zero, full, random, urandom, tty, console, ptmx, pts
  ...[[1, 3], [1, 5], [1, 7], [1, 8], [1, 9], [5, 0], [5, 1], [5, 2]].map(([major, minor]) => ({ allow: true, type: 'c', major, minor, access: 'rwm' })), // biome-ignore format: a list
  { allow: true, type: 'c', major: 136, access: 'rwm' },
];

export interface BundleOptions {
  readonly id: string;
  readonly scenario: string;
  readonly privileged: boolean;
  /** How long the container lives if nobody ends it. */
  readonly lifeSeconds: number;
}

/** The runtime specification (OCI 1.0.2) of a scratch container: namespaces of its own, nothing of the machine. */
export function specification({ id, scenario, privileged, lifeSeconds }: BundleOptions): unknown {
  const wanted = ownCapabilities().filter((name) =>
    privileged ? !NEVER.includes(name) : COMMON.includes(name),
  );
  return {
    ociVersion: '1.0.2',
    hostname: 'runward-drill',
    root: { path: 'rootfs' },
    annotations: { 'dev.runward.drill': scenario },
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      cwd: '/',
      args: ['sleep', String(lifeSeconds)],
      env: [PATH, 'HOME=/root', 'TERM=xterm'],
      capabilities: { bounding: wanted, effective: wanted, permitted: wanted },
      noNewPrivileges: false,
    },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=65536k'] },
      {
        destination: '/dev/pts',
        type: 'devpts',
        source: 'devpts',
        options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'],
      },
      {
        destination: '/dev/shm',
        type: 'tmpfs',
        source: 'shm',
        options: ['nosuid', 'nodev', 'mode=1777', 'size=65536k'],
      },
      { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
    ],
    linux: {
      cgroupsPath: `/${id}`,
      namespaces: ['pid', 'ipc', 'uts', 'mount', 'network'].map((type) => ({ type })),
      resources: { devices: DEVICES },
      // /proc/sys and the trigger of system requests are the machine's, whatever capabilities there are.
      maskedPaths: MASKED,
      readonlyPaths: READ_ONLY,
    },
  };
}
