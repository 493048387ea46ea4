import type { Mount } from '../configuration/configuration.js';

const SOCKETS = /(?:^|\/)(?:docker|containerd|crio|podman|cri-dockerd|buildkitd)\.sock$/;
/** Folders that hold such a socket. */
const SOCKET_FOLDERS: ReadonlySet<string> = new Set([
  ...['/run', '/var/run', '/run/containerd', '/run/podman', '/run/crio', '/run/docker'],
]);
/** Whoever may write here changes what the host runs, or whom it believes. */
const TELLING = [
  ...[
    '/',
    '/boot',
    '/dev',
    '/etc',
    '/home',
    '/lib',
    '/lib64',
    '/opt',
    '/proc',
    '/root',
    '/run',
    '/sbin',
    '/bin',
  ],
  ...['/sys', '/usr', '/var', '/var/lib', '/var/log', '/var/run', '/var/lib/kubelet', '/var/lib/docker'],
  ...['/var/lib/containerd', '/var/lib/containers', '/var/lib/etcd', '/var/spool/cron', '/lib/modules'],
];
/** What runtimes themselves bring in from a folder of theirs. */
const OF_RUNTIME =
  /^\/etc\/(?:hosts|hostname|resolv\.conf)$|^\/dev\/(?:termination-log|console|shm)$|^\/run\/\.containerenv$|^\/run\/secrets(?:\/|$)|^\/var\/run\/secrets\/kubernetes\.io(?:\/|$)/;
/** Devices of the container's own /dev, and the cover of masked files. */
const isOfKernel = ({ type, destination }: Mount): boolean =>
  type === 'devtmpfs' && (destination.startsWith('/dev/') || destination.startsWith('/proc/'));

export const isRuntimeSocket = ({ source }: Mount): boolean =>
  SOCKETS.test(source) || SOCKET_FOLDERS.has(source);

/** The host's own, brought in by whoever made the container. */
export const isHostPath = (mount: Mount): boolean =>
  mount.source !== '' && !OF_RUNTIME.test(mount.destination) && !isOfKernel(mount);

export const isTelling = ({ source }: Mount): boolean =>
  TELLING.includes(source) ||
  source.startsWith('/etc/') ||
  source.startsWith('/proc/') ||
  source.startsWith('/sys/');
