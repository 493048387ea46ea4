import type { Action } from '../decide/action.js';
import { FILE_OPERATIONS, type FileOperation, KERNEL_SURFACE, NETWORK_PROTOCOLS } from '../model/policy.js';
import type { WorkloadProfile } from '../profile/profile.js';

/** Everything a profile says was done, as actions; what stands for numbers is given one. */
export function actionsOf(profile: WorkloadProfile): readonly Action[] {
  return [
    ...profile.processes.flatMap((seen): Action[] =>
      seen.argumentSamples.map((sample) => ({
        ...{ kind: 'exec', path: seen.path, arguments: sample, ancestors: [] },
        ...{ drifted: seen.upperLayer, fileless: seen.memfd || !seen.path.startsWith('/') },
      })),
    ),
    ...profile.files.flatMap(({ path, operations, by }): Action[] =>
      FILE_OPERATIONS.filter((name) => operations.includes(name)).map((operation) => ({
        ...{ kind: 'file', operation, path: actualPath(path), by: by[0] ?? '/x', owner: false },
      })),
    ),
    ...profile.network.flatMap(({ operation, family, protocol, address, port }): Action[] => {
      if (operation === 'accept') return [];
      const known = NETWORK_PROTOCOLS.find((name) => name === protocol);
      return [
        {
          ...{ kind: 'network', operation, family, by: '/x', port },
          ...(known === undefined ? {} : { protocol: known }),
          ...(address === '' ? {} : { address }),
        },
      ];
    }),
    ...profile.capabilities.map(({ name }): Action => ({ kind: 'capability', name })),
    ...profile.syscalls.map(({ name }): Action => ({ kind: 'syscall', name })),
    ...KERNEL_SURFACE.filter((handle) => profile.kernelSurface.some(({ name }) => name === handle)).map(
      (handle): Action => ({ kind: 'kernel', handle }),
    ),
    ...(profile.privilege.setuidExecution
      ? [{ kind: 'privilege', privilege: 'setuid-execution' } as const]
      : []),
    ...(profile.privilege.gainedPrivileges
      ? [{ kind: 'privilege', privilege: 'new-privileges' } as const]
      : []),
    ...(profile.privilege.wroteRoot ? [{ kind: 'privilege', privilege: 'root-write' } as const] : []),
  ];
}

export const actualPath = (path: string): string =>
  path
    .replace(/^\/proc\/(?:self|\[pid\])(?=\/|$)/, '/proc/4711')
    .replace(/^(\/proc\/4711\/task)\/\[tid\](?=\/|$)/, '$1/4712');

export const fileAction = (operation: FileOperation, path: string): Action => ({
  ...{ kind: 'file', operation, path, by: '/usr/bin/x', owner: true },
});
