import type { Host } from '../host/host.js';
import { absent, type HardenCheck, hard, type Outcome, type Severity, unknown, weak } from './check.js';

const DAEMON = '/etc/docker/daemon.json';
const CONTAINERD = '/etc/containerd/config.toml';
const DOCKER_SOCKETS = ['/run/docker.sock', '/var/run/docker.sock'];

type Settings = Readonly<Record<string, unknown>>;

/** What the file says, or the outcome where it says nothing. Docker without a file has every default. */
function daemonSettings(host: Host): Settings | Outcome {
  const text = host.read(DAEMON);
  if (text === undefined)
    return DOCKER_SOCKETS.some((path) => host.stat(path) !== undefined) ||
      host.stat('/usr/bin/dockerd') !== undefined
      ? {}
      : absent('there is no Docker');
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Settings; // an object: any key may be asked for
  } catch {
    // Docker does not start with it either.
  }
  return unknown(`${DAEMON} is no JSON object`);
}

const isOutcome = (value: Settings | Outcome): value is Outcome =>
  typeof (value as Outcome).state === 'string' && typeof (value as Outcome).found === 'string';
const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];

const docker = (
  id: string,
  severity: Severity,
  title: string,
  why: string,
  judge: (settings: Settings) => Outcome,
): HardenCheck => ({
  ...{ id: `docker-${id}`, severity, title: `Docker: ${title}`, why },
  examine: (host) => {
    const settings = daemonSettings(host);
    return isOutcome(settings) ? settings : judge(settings);
  },
});

const set = (key: string, value: string): string =>
  `set \`"${key}": ${value}\` in ${DAEMON} and restart Docker`;

const DOCKER: readonly HardenCheck[] = [
  docker(
    'tcp',
    'critical',
    'reached over the network',
    'whoever reaches the port is root of the host',
    (settings) => {
      const open = texts(settings.hosts).filter((each) => each.startsWith('tcp://'));
      if (open.length === 0) return hard('it listens on no port by its file');
      return settings.tlsverify === true
        ? hard(`${open.join(', ')} asks for certificates`)
        : weak(
            `it listens on ${open.join(', ')} without certificates`,
            `take these from \`hosts\` in ${DAEMON}, or ${set('tlsverify', 'true')}`,
          );
    },
  ),
  docker(
    'seccomp',
    'critical',
    'filter of system calls',
    'containers may use every system call',
    (settings) =>
      settings['seccomp-profile'] === 'unconfined'
        ? weak(
            'containers have none by default',
            `take \`seccomp-profile\` from ${DAEMON} and restart Docker`,
          )
        : hard('containers have one by default'),
  ),
  docker(
    'no-new-privileges',
    'medium',
    'gaining privileges',
    'setuid programs work in containers',
    (settings) =>
      settings['no-new-privileges'] === true
        ? hard('off by default')
        : weak('containers may, by default', set('no-new-privileges', 'true')),
  ),
  docker('userns', 'medium', 'root of containers', 'root of a container is root of the host', (settings) =>
    typeof settings['userns-remap'] === 'string' && settings['userns-remap'] !== ''
      ? hard(`mapped to ${settings['userns-remap']}`)
      : weak('it is the root of the host', set('userns-remap', '"default"')),
  ),
  docker(
    'icc',
    'low',
    'containers among themselves',
    'on the default bridge each reaches each',
    (settings) =>
      settings.icc === false
        ? hard('not on the default bridge')
        : weak('each reaches each on the default bridge', set('icc', 'false')),
  ),
  docker(
    'registries',
    'high',
    'registries without certificates',
    'whoever is on the way chooses what runs',
    (settings) => {
      const found = texts(settings['insecure-registries']);
      return found.length === 0
        ? hard('none')
        : weak(`${found.join(', ')}`, `take \`insecure-registries\` from ${DAEMON}`);
    },
  ),
  docker(
    'iptables',
    'medium',
    'rules of the firewall',
    'ports of containers are open as other rules have it',
    (settings) =>
      settings.iptables === false
        ? weak('it sets none', `take \`iptables\` from ${DAEMON}`)
        : hard('it sets them'),
  ),
  docker('live-restore', 'low', 'its end', 'an update of Docker ends every container', (settings) =>
    settings['live-restore'] === true
      ? hard('containers go on')
      : weak('containers end with it', set('live-restore', 'true')),
  ),
];

/** `key = value` lines of TOML, comments left out; tables are not followed, the keys that are asked for are in one alone. */
function tomlLines(text: string): readonly (readonly [string, string])[] {
  return text.split('\n').flatMap((line) => {
    const [, key, value] = /^\s*([A-Za-z_][\w-]*)\s*=\s*(.*?)\s*(?:#.*)?$/.exec(line) ?? [];
    return key === undefined || value === undefined ? [] : [[key, value] as const];
  });
}

const containerd = (
  id: string,
  severity: Severity,
  title: string,
  why: string,
  key: string,
  isWeak: (value: string) => boolean,
  mend: string,
): HardenCheck => ({
  ...{ id: `containerd-${id}`, severity, title: `containerd: ${title}`, why },
  examine: (host) => {
    const text = host.read(CONTAINERD);
    if (text === undefined) return absent(`there is no ${CONTAINERD}`);
    const found = tomlLines(text).filter(([name, value]) => name === key && isWeak(value));
    return found.length === 0
      ? hard(`no ${key} that weakens it`)
      : weak(found.map(([name, value]) => `${name} = ${value}`).join(', '), mend);
  },
});

const CONTAINERD_CHECKS: readonly HardenCheck[] = [
  containerd(
    'tcp',
    'critical',
    'reached over the network',
    'whoever reaches the port is root of the host',
    'tcp_address',
    (value) => !/^["']{2}$/.test(value),
    `set \`tcp_address = ""\` in ${CONTAINERD}`,
  ),
  containerd(
    'apparmor',
    'high',
    'AppArmor turned off',
    'containers have no profile',
    'disable_apparmor',
    (value) => value === 'true',
    `set \`disable_apparmor = false\` in ${CONTAINERD}`,
  ),
  containerd(
    'seccomp',
    'high',
    'filter of system calls where pods name none',
    'containers may use every system call',
    'unset_seccomp_profile',
    (value) => /unconfined/.test(value),
    `set \`unset_seccomp_profile = "runtime/default"\` in ${CONTAINERD}`,
  ),
  containerd(
    'registries',
    'high',
    'registries without certificates',
    'whoever is on the way chooses what runs',
    'insecure_skip_verify',
    (value) => value === 'true',
    `take \`insecure_skip_verify\` from ${CONTAINERD}`,
  ),
  containerd(
    'proc-mount',
    'medium',
    'the kernel of containers not covered',
    'containers read and write settings of the kernel',
    'disable_proc_mount',
    (value) => value === 'true',
    `take \`disable_proc_mount\` from ${CONTAINERD}`,
  ),
];

const CONTAINERS: readonly HardenCheck[] = [
  {
    ...{
      id: 'podman-registries',
      severity: 'high',
      title: 'Podman and CRI-O: registries without certificates',
    },
    why: 'whoever is on the way chooses what runs',
    examine: (host) => {
      const text = host.read('/etc/containers/registries.conf');
      if (text === undefined) return absent('there is no /etc/containers/registries.conf');
      const found = tomlLines(text).filter(([key, value]) => key === 'insecure' && value === 'true');
      return found.length === 0
        ? hard('none')
        : weak(`${found.length} of them`, 'take `insecure = true` from /etc/containers/registries.conf');
    },
  },
  {
    ...{ id: 'podman-policy', severity: 'medium', title: 'Podman and CRI-O: images that nobody signed' },
    why: 'what is pulled is run, whoever made it',
    examine: (host) => {
      const text = host.read('/etc/containers/policy.json');
      if (text === undefined) return absent('there is no /etc/containers/policy.json');
      try {
        const value = JSON.parse(text) as { readonly default?: readonly { readonly type?: unknown }[] }; // looked at part by part
        const isOpen =
          Array.isArray(value?.default) &&
          value.default.some((each) => each?.type === 'insecureAcceptAnything');
        return isOpen
          ? weak(
              'by default anything is accepted',
              'set `"default": [{"type": "reject"}]` there and name who signs what',
            )
          : hard('not everything is accepted by default');
      } catch {
        return unknown('/etc/containers/policy.json is no JSON');
      }
    },
  },
];

export const RUNTIME_FILE_CHECKS: readonly HardenCheck[] = [...DOCKER, ...CONTAINERD_CHECKS, ...CONTAINERS];
