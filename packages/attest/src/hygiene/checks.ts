import { beyondText, NAMESPACE_WORDS } from '../compare/containment.js';
import { listed } from '../compare/lists.js';
import type { Configuration, NamespaceName } from '../configuration/configuration.js';
import { RISKY_CAPABILITIES } from './capability-risks.js';
import { severityOf } from './capability-severity.js';
import type { HygieneCheck, Severity } from './check.js';
import { isHostPath, isRuntimeSocket, isTelling } from './host-paths.js';

/** As many as a container has that nothing was taken from, on the oldest kernels there are. */
const NEARLY_ALL = 36;

const isPrivileged = ({ process, devices }: Configuration): boolean =>
  process.capabilities.effective.length >= NEARLY_ALL &&
  process.seccomp === 'none' &&
  (devices.rules === null || devices.rules.includes('a *:* rwm'));

const inUserNamespace = ({ namespaces }: Configuration): boolean => namespaces.user === 'own';
const when = (holds: boolean, text: string): readonly string[] => (holds ? [text] : []);

const hostNamespace = (name: NamespaceName, severity: Severity, advice: string): HygieneCheck => ({
  ...{ id: `host-${name}`, severity, title: `uses the host's ${name} namespace`, advice },
  find: ({ namespaces }) => when(namespaces[name] === 'host', NAMESPACE_WORDS[name]),
});

const capabilities = (severity: Severity): HygieneCheck => ({
  ...{ id: `capabilities-${severity}`, severity, title: `${severity} capabilities` },
  advice:
    'drop all capabilities and add back what is needed: `--cap-drop ALL`, or `capabilities: {drop: [ALL]}`',
  find: (configuration) => {
    if (isPrivileged(configuration) || inUserNamespace(configuration)) return [];
    const { effective, permitted } = configuration.process.capabilities;
    return [...new Set([...effective, ...permitted])]
      .filter((name) => severityOf(name) === severity)
      .map((name) => {
        const risk = RISKY_CAPABILITIES[name];
        return `it has ${name}${risk === undefined ? '' : `: it ${risk}`}`;
      });
  },
});

const COVERED = ['/proc/kcore', '/proc/keys', '/proc/timer_list'];
const PROC_PARTS = ['/proc/sys', '/proc/sysrq-trigger'];
const DISK = /^b (\d+):/;
const MEMORY = /^c 1:(1|2|4) /;
const SECRET = /(?:^|_)(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_KEY|CREDENTIALS?)(?:_|$)/i;

/** The baseline. Flat: each is one thing that is looked at. */
export const HYGIENE_CHECKS: readonly HygieneCheck[] = [
  {
    ...{ id: 'privileged', severity: 'critical', title: 'is privileged' },
    advice:
      'start it without `--privileged` (`privileged: false`) and give it the capabilities and devices it needs',
    find: (c) =>
      when(
        isPrivileged(c) && !inUserNamespace(c),
        'nothing confines it: every capability, no filter, every device',
      ),
  },
  hostNamespace('pid', 'high', 'start it without `--pid host` (`hostPID: false`)'),
  hostNamespace(
    'net',
    'high',
    'start it without `--network host` (`hostNetwork: false`) and publish its ports',
  ),
  hostNamespace('ipc', 'high', 'start it without `--ipc host` (`hostIPC: false`)'),
  hostNamespace(
    'mnt',
    'critical',
    'start it by a container runtime: it runs on the file systems of the host',
  ),
  hostNamespace('uts', 'medium', 'start it without `--uts host`'),
  hostNamespace('cgroup', 'low', 'start it with `--cgroupns private`'),
  capabilities('critical'),
  capabilities('high'),
  capabilities('medium'),
  {
    ...{ id: 'ambient-capabilities', severity: 'medium', title: 'has ambient capabilities' },
    advice: 'give capabilities to the program that needs them, not to all it starts',
    find: ({ process }) =>
      when(
        process.capabilities.ambient.length > 0,
        `each program it starts inherits ${listed(process.capabilities.ambient)}`,
      ),
  },
  {
    ...{ id: 'runtime-socket', severity: 'critical', title: 'has the socket of a container runtime' },
    advice: 'do not mount it: whoever speaks there starts any container on the host, as root',
    find: ({ mounts }) =>
      mounts
        .filter(isRuntimeSocket)
        .map(({ source, destination }) => `the host's \`${source}\` is at \`${destination}\``),
  },
  {
    ...{ id: 'host-root', severity: 'critical', title: "runs on or has the host's root file system" },
    advice: 'mount the one folder that is needed, read-only',
    find: ({ mounts }) =>
      mounts
        .filter(({ source }) => source === '/')
        .map(
          ({ destination, readOnly }) =>
            `the host's \`/\` is at \`${destination}\`${readOnly ? ', read-only' : ', writable'}`,
        ),
  },
  {
    ...{
      id: 'telling-path-writable',
      severity: 'critical',
      title: 'may write what the host runs or believes',
    },
    advice: 'mount it read-only, or mount a folder made for this container',
    find: ({ mounts }) =>
      mounts
        .filter(
          (m) => isHostPath(m) && isTelling(m) && !m.readOnly && m.source !== '/' && !isRuntimeSocket(m),
        )
        .map(({ source, destination }) => `the host's \`${source}\` is writable at \`${destination}\``),
  },
  {
    ...{ id: 'telling-path', severity: 'medium', title: 'may read what belongs to the host' },
    advice: 'mount only the file that is needed',
    find: ({ mounts }) =>
      mounts
        .filter((m) => isHostPath(m) && isTelling(m) && m.readOnly && m.source !== '/' && !isRuntimeSocket(m))
        .map(({ source, destination }) => `the host's \`${source}\` is readable at \`${destination}\``),
  },
  {
    ...{ id: 'host-path-writable', severity: 'medium', title: 'has writable folders of the host' },
    advice: 'use a named volume, or mount it read-only',
    find: ({ mounts }) =>
      mounts
        .filter(
          (m) => isHostPath(m) && !isTelling(m) && !m.readOnly && !isVolume(m.source) && !isRuntimeSocket(m),
        )
        .map(({ source, destination }) => `the host's \`${source}\` is writable at \`${destination}\``),
  },
  {
    ...{ id: 'shared-propagation', severity: 'high', title: 'shares mounts with the host' },
    advice: 'mount with `private` or `slave` propagation',
    find: ({ mounts }) =>
      mounts
        .filter((m) => m.propagation === 'shared' && isHostPath(m))
        .map(({ destination }) => `what is mounted below \`${destination}\` appears on the host`),
  },
  {
    ...{ id: 'disk-devices', severity: 'critical', title: 'has devices of the host' },
    advice: 'do not give it disks or memory of the host (`--device`)',
    find: ({ devices, mounts }) =>
      devices.nodes
        .filter(
          (node) =>
            (DISK.test(node) || MEMORY.test(node)) &&
            !mounts.some((m) => m.destination === '/' && m.source === '/'),
        )
        .map((node) => `it has \`${node}\`, past every permission of files`),
  },
  {
    ...{ id: 'any-device', severity: 'high', title: 'may use any device' },
    advice: 'start it without `--privileged` and without a rule for all devices',
    find: (c) =>
      when(
        c.devices.rules?.some((rule) => /^[abc] \*:\* .*[rw]/.test(rule)) === true && !isPrivileged(c),
        'its group may read and write every device it can make a node of',
      ),
  },
  {
    ...{ id: 'kernel-uncovered', severity: 'high', title: "the kernel's files are not covered" },
    advice: 'keep the masked paths of the runtime (`procMount: Default`, no `systempaths=unconfined`)',
    find: (c) => {
      const has = new Set(c.mounts.map(({ destination }) => destination));
      return when(
        !isPrivileged(c) && has.has('/proc') && !COVERED.some((path) => has.has(path)),
        `none of ${listed(COVERED)} is covered`,
      );
    },
  },
  {
    ...{ id: 'kernel-settings-writable', severity: 'high', title: "the kernel's settings are writable" },
    advice: 'keep the read-only paths of the runtime',
    find: (c) => {
      const at = (path: string) => c.mounts.find(({ destination }) => destination === path);
      const proc = at('/proc');
      const open = PROC_PARTS.filter((path) => !(at(path)?.readOnly ?? proc?.readOnly ?? true));
      const sys = at('/sys');
      const all = [...open, ...(sys !== undefined && !sys.readOnly ? ['/sys'] : [])];
      return when(all.length > 0 && !isPrivileged(c) && !inUserNamespace(c), `${listed(all)} can be written`);
    },
  },
  {
    ...{ id: 'root-user', severity: 'medium', title: 'runs as root' },
    advice: 'run it as another user (`--user`, `runAsNonRoot: true`), or in a user namespace',
    find: (c) =>
      when(c.process.uids.includes(0) && !inUserNamespace(c), "its first process is the host's user 0"),
  },
  {
    ...{ id: 'new-privileges', severity: 'medium', title: 'may gain privileges' },
    advice: 'start it with `--security-opt no-new-privileges` (`allowPrivilegeEscalation: false`)',
    find: ({ process }) =>
      when(!process.noNewPrivileges, 'setuid programs work in it: no-new-privileges is off'),
  },
  {
    ...{ id: 'seccomp-off', severity: 'high', title: 'may use every system call' },
    advice: 'keep the default profile of the runtime, or make one: `runward policy export --format seccomp`',
    find: (c) =>
      when(c.process.seccomp === 'none' && !isPrivileged(c), 'no filter of system calls (seccomp) is on'),
  },
  {
    ...{ id: 'no-security-label', severity: 'low', title: 'no security module confines it' },
    advice: "use the runtime's AppArmor profile or SELinux context where the kernel has either",
    find: ({ process }) => when(process.securityLabel === '', 'neither AppArmor nor SELinux knows it'),
  },
  {
    ...{ id: 'writable-root', severity: 'medium', title: 'its root file system is writable' },
    advice: 'start it with `--read-only` (`readOnlyRootFilesystem: true`) and a tmpfs where it writes',
    find: ({ rootReadOnly }) => when(!rootReadOnly, 'its programs can be changed while it runs'),
  },
  {
    ...{ id: 'no-memory-limit', severity: 'medium', title: 'has no limit of memory' },
    advice: 'set one (`--memory`, `resources.limits.memory`)',
    find: ({ limits }) => when(limits.memoryBytes === null, 'it may use all memory of the host'),
  },
  {
    ...{ id: 'no-process-limit', severity: 'medium', title: 'has no limit of processes' },
    advice: 'set one (`--pids-limit`, `podPidsLimit` of the kubelet)',
    find: ({ limits }) =>
      when(limits.pids === null, 'it may start processes until the host has no room for more'),
  },
  {
    ...{ id: 'no-cpu-limit', severity: 'low', title: 'has no limit of processor time' },
    advice: 'set one (`--cpus`, `resources.limits.cpu`)',
    find: ({ limits }) => when(limits.cpus === null, 'it may keep every processor busy'),
  },
  {
    ...{ id: 'spared-by-oom', severity: 'low', title: 'is spared when memory runs out' },
    advice: 'leave its score alone (`--oom-score-adj`)',
    find: ({ process }) =>
      when(
        process.oomScoreAdjust < -500,
        `its score is moved by ${process.oomScoreAdjust}: others end first`,
      ),
  },
  {
    ...{ id: 'loads-libraries', severity: 'low', title: 'is told to load libraries' },
    advice: 'build what it needs into the image',
    find: ({ process }) => {
      const names = process.environment.filter((name) => ['LD_PRELOAD', 'LD_AUDIT'].includes(name));
      return when(names.length > 0, `${listed(names)} is set for everything it starts`);
    },
  },
  {
    ...{ id: 'secret-in-environment', severity: 'low', title: 'has secrets in its environment' },
    advice: 'give secrets as files: every process it starts inherits the environment',
    find: ({ process }) => {
      const names = process.environment.filter((name) => SECRET.test(name));
      return when(names.length > 0, `by their names ${listed(names)} hold secrets`);
    },
  },
  {
    ...{ id: 'beyond-first', severity: 'high', title: 'has processes that may do more than its first' },
    advice: 'find out who started them: `docker exec --privileged`, `nsenter`, a debugging session?',
    find: ({ beyond }) => beyond.map(beyondText),
  },
];

const isVolume = (source: string): boolean =>
  /^\/var\/lib\/(?:docker|containers\/storage)\/volumes\//.test(source) ||
  /^\/var\/lib\/kubelet\/pods\//.test(source) ||
  /^\/run\/containerd\//.test(source);
