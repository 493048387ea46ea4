import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultCapabilities, hostCapabilities } from './host.js';
import { must } from './process.js';
import type { ContainerOptions } from './runtime.js';

const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const maskedPaths = ['/proc/kcore', '/proc/keys', '/proc/timer_list', '/proc/sched_debug', '/sys/firmware'];
const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** The runtime specification of a container whose root is `rootfs`, a path relative to the bundle or absolute. */
export function ociConfig(
  options: ContainerOptions & { name: string },
  cgroupsPath: string,
  rootfs = 'rootfs',
): unknown {
  const privileged = options.privileged ?? false;
  const capabilities = privileged
    ? hostCapabilities()
    : defaultCapabilities.filter((name) => hostCapabilities().includes(name));
  const namespaces = ['ipc', 'uts', 'mount', 'network', ...(options.hostPid ? [] : ['pid'])];
  return {
    ociVersion: '1.0.2',
    ...(options.image?.includes('/') === true
      ? { annotations: { 'org.opencontainers.image.ref.name': options.image } }
      : {}),
    hostname: options.name.slice(0, 63),
    root: { path: rootfs },
    process: {
      terminal: options.tty ?? false,
      user: { uid: 0, gid: 0 },
      cwd: '/',
      args: options.args,
      env: [
        path,
        'TERM=xterm',
        ...Object.entries(options.env ?? {}).map(([key, value]) => `${key}=${value}`),
      ],
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
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
      { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: ['nosuid', 'nodev', 'mode=1777'] },
      {
        destination: '/sys',
        type: 'sysfs',
        source: 'sysfs',
        options: ['nosuid', 'noexec', 'nodev', privileged ? 'rw' : 'ro'],
      },
      ...(options.mounts ?? []).map((mount) => ({
        destination: mount.target,
        type: 'bind',
        source: mount.source,
        options: ['rbind', mount.readonly ? 'ro' : 'rw'],
      })),
    ],
    linux: {
      cgroupsPath,
      namespaces: namespaces.map((type) => ({ type })),
      // Allowing all devices keeps crun from needing a device program, which takes CAP_SYS_RESOURCE.
      resources: { devices: [{ allow: true, access: 'rwm' }] },
      ...(privileged ? {} : { maskedPaths, readonlyPaths }),
    },
  };
}

/** Writes a bundle whose root is an overlay over the image, so that containers never write into it. */
export async function makeBundle(
  folder: string,
  imageRootfs: string,
  options: ContainerOptions & { name: string },
  cgroupsPath: string,
): Promise<void> {
  for (const part of ['rootfs', 'upper', 'work']) mkdirSync(join(folder, part), { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(ociConfig(options, cgroupsPath), undefined, 1));
  const layers = `lowerdir=${imageRootfs},upperdir=${join(folder, 'upper')},workdir=${join(folder, 'work')}`;
  await must('mount', ['-t', 'overlay', 'overlay', '-o', layers, join(folder, 'rootfs')]);
}
