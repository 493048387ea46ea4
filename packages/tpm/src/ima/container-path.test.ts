import { expect, test } from 'vitest';
import { containerPath } from './container-path.js';

const ID = '0123456789abcdef'.repeat(4);

test.each([
  [`/run/containerd/io.containerd.runtime.v2.task/k8s.io/${ID}/rootfs/bin/sh`, 'container', ID, '/bin/sh'],
  [`/run/containerd/io.containerd.runtime.v2.task/default/web/rootfs/app`, 'container', 'web', '/app'],
  [
    `/var/run/docker/containerd/daemon/io.containerd.runtime.v2.task/moby/${ID}/rootfs/a`,
    'container',
    ID,
    '/a',
  ],
  [`/var/lib/docker/overlay2/${ID}/merged/usr/bin/x`, 'layer', ID, '/usr/bin/x'],
  [`/var/lib/docker/overlay2/${ID}/diff/usr/bin/x`, 'layer', ID, '/usr/bin/x'],
  [`/var/lib/containers/storage/overlay/${ID}/merged/x`, 'layer', ID, '/x'],
  [`/home/anna/.local/share/containers/storage/overlay/${ID}/diff/x`, 'layer', ID, '/x'],
  [
    '/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/42/fs/bin/sh',
    'layer',
    '42',
    '/bin/sh',
  ],
] as const)('%s is of a %s', (path, of, id, inside) => {
  expect(containerPath(path)).toEqual({ of, id, path: inside });
});

test.each([
  '/bin/sh',
  '/var/lib/docker/overlay2',
  `/var/lib/docker/overlay2/${ID}/link`,
  '/tmp/var/lib/docker/overlay2/x/merged/y',
  '',
])('`%s` does not say whose it is', (path) => {
  expect(containerPath(path)).toBeUndefined();
});
