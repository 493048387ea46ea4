import type { Stats } from 'node:fs';
import { modeText } from '../change/change.js';
import type { Host } from '../host/host.js';
import { absent, type HardenCheck, hard, type Severity, weak } from './check.js';

interface Place {
  readonly path: string;
  readonly severity: Severity;
  /** No bit beyond these. */
  readonly most: number;
  readonly title: string;
  readonly why: string;
}

const SOCKET = 'whoever may write there starts any container, as root of the host';
const SETTINGS = 'whoever may write there decides how containers run';
const SECRETS = 'whoever may read there has the keys of the cluster';

// biome-ignore format: a table reads best as a table
const PLACES: readonly Place[] = [
  ...['/run/docker.sock', '/run/containerd/containerd.sock', '/run/crio/crio.sock', '/run/podman/podman.sock', '/run/buildkit/buildkitd.sock'].map((path): Place => ({ path, severity: 'critical', most: 0o660, title: 'socket of a runtime', why: SOCKET })),
  ...['/etc/docker/daemon.json', '/etc/containerd/config.toml', '/etc/crio/crio.conf', '/etc/containers/policy.json', '/etc/containers/registries.conf'].map((path): Place => ({ path, severity: 'high', most: 0o644, title: 'settings of a runtime', why: SETTINGS })),
  ...['/usr/bin/runc', '/usr/sbin/runc', '/usr/bin/crun', '/usr/bin/containerd', '/usr/bin/dockerd', '/usr/sbin/dockerd'].map((path): Place => ({ path, severity: 'critical', most: 0o755, title: 'program of a runtime', why: SETTINGS })),
  ...['/var/lib/docker', '/var/lib/containerd', '/var/lib/containers'].map((path): Place => ({ path, severity: 'medium', most: 0o711, title: 'storage of a runtime', why: 'set-user-ID programs of images lie there' })),
  ...['/etc/kubernetes/admin.conf', '/etc/kubernetes/kubelet.conf', '/etc/kubernetes/controller-manager.conf', '/etc/kubernetes/scheduler.conf', '/var/lib/kubelet/config.yaml'].map((path): Place => ({ path, severity: 'high', most: 0o600, title: 'settings of Kubernetes', why: SECRETS })),
  { path: '/etc/kubernetes/manifests', severity: 'high', most: 0o755, title: 'static pods', why: 'whoever may write there starts any pod' },
  { path: '/etc/shadow', severity: 'high', most: 0o640, title: 'passwords', why: 'their digests are tried elsewhere' },
];

export const PERMISSION_CHECKS: readonly HardenCheck[] = [
  ...PLACES.map(
    ({ path, severity, most, title, why }): HardenCheck => ({
      ...{ id: `mode-${path}`, severity, title: `${title} ${path}`, why },
      examine: (host) => {
        const stat = host.stat(path);
        if (stat === undefined || stat.isSymbolicLink()) return absent(`there is no ${path}`);
        const mode = stat.mode & 0o777;
        const wanted = mode & most;
        if (stat.uid !== 0) return weak(`it belongs to user ${stat.uid}`, `chown root ${path}`);
        return wanted === mode
          ? hard(`${modeText(mode)}, of root`)
          : weak(`${modeText(mode)}, of root`, `chmod ${modeText(wanted)} ${path}`, {
              kind: 'mode',
              path,
              mode: specialOf(stat) | wanted,
            });
      },
    }),
  ),
  {
    ...{
      id: 'docker-group',
      severity: 'high',
      title: 'members of the group of Docker',
      why: 'each of them is root of the host',
    },
    examine: (host) => {
      const members = membersOf(host, 'docker');
      if (members === undefined) return absent('there is no group `docker`');
      return members.length === 0
        ? hard('none')
        : weak(members.join(', '), 'take them out: `gpasswd -d NAME docker`');
    },
  },
];

const specialOf = ({ mode }: Stats): number => mode & 0o7000;

function membersOf(host: Host, group: string): readonly string[] | undefined {
  const line = host
    .read('/etc/group')
    ?.split('\n')
    .find((each) => each.startsWith(`${group}:`));
  return line?.split(':')[3]?.split(',').filter(Boolean);
}
