import { at, type JsonRecord, list, text, texts } from '../io/json.js';

/** `linux/mount.h` */
const MS_RDONLY = 1;
const MS_BIND = 4096;

const NAMESPACE_TYPES: ReadonlyMap<string, string> = new Map([
  ['NEWPID', 'pid'],
  ['NEWNET', 'network'],
  ['NEWIPC', 'ipc'],
  ['NEWNS', 'mount'],
  ['NEWUTS', 'uts'],
  ['NEWUSER', 'user'],
  ['NEWCGROUP', 'cgroup'],
]);

/** Value of a `name=value` label in runc's state. */
const labelsOf = (state: unknown): readonly (readonly [string, string])[] =>
  texts(at(state, 'config', 'labels')).map((label) => {
    const split = label.indexOf('=');
    return split === -1 ? [label, ''] : [label.slice(0, split), label.slice(split + 1)];
  });

/** The bundle folder runc was started with, which its state keeps among the labels; '' when absent. */
export const bundleOfRuncState = (state: unknown): string =>
  labelsOf(state).find(([name]) => name === 'bundle')?.[1] ?? '';

/**
 * The runtime specification as far as runc's own state remembers it, for bundles that are gone. Environment and
 * user are not in it.
 */
export function specOfRuncState(state: unknown): JsonRecord {
  const config = at(state, 'config');
  return {
    annotations: Object.fromEntries(labelsOf(state).filter(([name]) => name !== 'bundle')),
    process: { capabilities: { bounding: at(config, 'capabilities', 'Bounding') } },
    mounts: list(at(config, 'mounts')).map(specMount),
    linux: {
      maskedPaths: at(config, 'mask_paths'),
      readonlyPaths: at(config, 'readonly_paths'),
      seccomp: at(config, 'seccomp') ?? undefined,
      namespaces: list(at(config, 'namespaces')).map((namespace) => ({
        type: NAMESPACE_TYPES.get(text(at(namespace, 'type'))),
        path: at(namespace, 'path'),
      })),
      resources: { devices: list(at(config, 'cgroups', 'devices')).map(specDeviceRule) },
    },
  };
}

function specMount(mount: unknown): JsonRecord {
  const flags = Number(at(mount, 'flags')) || 0;
  const options = [...((flags & MS_BIND) !== 0 ? ['bind'] : []), (flags & MS_RDONLY) !== 0 ? 'ro' : 'rw'];
  return { source: at(mount, 'source'), destination: at(mount, 'destination'), options };
}

/** runc keeps the type of a device rule as a character code. */
function specDeviceRule(rule: unknown): JsonRecord {
  const type = at(rule, 'type');
  return {
    allow: at(rule, 'allow'),
    type: typeof type === 'number' ? String.fromCharCode(type & 0x7f) : type,
    major: at(rule, 'major'),
    minor: at(rule, 'minor'),
    access: at(rule, 'permissions'),
  };
}
