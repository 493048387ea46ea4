import type { MountInfo } from '@runward/events';
import { at, integer, list, text, textMap, texts } from '../io/json.js';

/** What an OCI runtime specification (config.json) says about a container. */
export interface SpecFacts {
  readonly privileged: boolean;
  readonly mounts: readonly MountInfo[];
  readonly env: readonly string[];
  readonly user: string;
  readonly hostPid: boolean;
  readonly hostNetwork: boolean;
  readonly hostIpc: boolean;
  readonly annotations: ReadonlyMap<string, string>;
}

export const readSpec = (spec: unknown): SpecFacts => ({
  privileged: isPrivileged(spec),
  mounts: list(at(spec, 'mounts')).filter(isBind).map(readMount),
  env: texts(at(spec, 'process', 'env')),
  user: readUser(at(spec, 'process', 'user')),
  hostPid: sharesWithHost(spec, 'pid'),
  hostNetwork: sharesWithHost(spec, 'network'),
  hostIpc: sharesWithHost(spec, 'ipc'),
  annotations: textMap(at(spec, 'annotations')),
});

/**
 * Capabilities that reach the host itself. A list rather than "all": a host may lack some, and runtimes leave
 * out those that are newer than they are.
 */
const HOST_REACHING = [
  'CAP_SYS_ADMIN',
  'CAP_SYS_MODULE',
  'CAP_SYS_RAWIO',
  'CAP_SYS_PTRACE',
  'CAP_SYS_BOOT',
  'CAP_NET_ADMIN',
  'CAP_DAC_READ_SEARCH',
  'CAP_MKNOD',
];

/**
 * The specification has no such switch; `--privileged` of Docker, Podman and CRI leaves these traces, all of
 * them together: the capabilities above in the bounding set, nothing in /proc or /sys masked or read-only, every
 * device allowed, no seccomp filter.
 */
function isPrivileged(spec: unknown): boolean {
  const bounding = new Set(texts(at(spec, 'process', 'capabilities', 'bounding')));
  const masked =
    list(at(spec, 'linux', 'maskedPaths')).length + list(at(spec, 'linux', 'readonlyPaths')).length;
  return (
    HOST_REACHING.every((capability) => bounding.has(capability)) &&
    masked === 0 &&
    at(spec, 'linux', 'seccomp') === undefined &&
    list(at(spec, 'linux', 'resources', 'devices')).some(allowsEveryDevice)
  );
}

function allowsEveryDevice(rule: unknown): boolean {
  const type = at(rule, 'type');
  const wild = (number: unknown): boolean => number === undefined || number === null || number === -1;
  return (
    at(rule, 'allow') === true &&
    (type === undefined || type === '' || type === 'a') &&
    wild(at(rule, 'major')) &&
    wild(at(rule, 'minor')) &&
    text(at(rule, 'access')).includes('w')
  );
}

/** A namespace that is not listed is the runtime's own, which is the host's; so is one joined from process 1. */
function sharesWithHost(spec: unknown, type: string): boolean {
  const own = list(at(spec, 'linux', 'namespaces')).find((namespace) => at(namespace, 'type') === type);
  return own === undefined || text(at(own, 'path')).startsWith('/proc/1/ns/');
}

const isBind = (mount: unknown): boolean =>
  at(mount, 'type') === 'bind' ||
  texts(at(mount, 'options')).some((option) => option === 'bind' || option === 'rbind');

const PROPAGATIONS = /^r?(?:private|shared|slave|unbindable)$/;

function readMount(mount: unknown): MountInfo {
  const options = texts(at(mount, 'options'));
  return {
    source: text(at(mount, 'source')),
    destination: text(at(mount, 'destination')),
    mode: '',
    readWrite: !options.includes('ro'),
    propagation: options.find((option) => PROPAGATIONS.test(option)) ?? '',
  };
}

function readUser(user: unknown): string {
  const uid = integer(at(user, 'uid'));
  if (uid === undefined) return text(at(user, 'username'));
  const gid = integer(at(user, 'gid'));
  return gid === undefined ? `${uid}` : `${uid}:${gid}`;
}
