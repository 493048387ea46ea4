import type { Beyond, NamespaceName } from '../configuration/configuration.js';
import { linkOf, sorted } from './files.js';
import { capabilityNamesIn, type ProcessStatus, statusOf } from './process-status.js';

export const NAMESPACES: readonly NamespaceName[] = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts'];

/**
 * What processes of a container may do that its first may not: whoever enters one with more than it has is not stopped by
 * how it was made. Of namespaces only the host's count: a process may go into deeper ones of its own.
 */
export function processesBeyond(first: ProcessStatus, pids: readonly number[]): readonly Beyond[] {
  const found = new Map<string, Beyond>();
  const note = (executable: string, what: Beyond['what'], names: readonly string[]): void => {
    found.set(`${executable}\0${what}\0${names.join()}`, { executable, what, names });
  };
  const firstNamespaces = namespacesOf(first.pid);
  const hosts = hostNamespaces();
  for (const pid of pids) {
    const status = pid === first.pid ? undefined : statusOf(pid);
    if (status === undefined || status.executable === '') continue;
    const { executable, capabilities } = status;
    const namespaces = namespacesOf(pid);
    const inUserNamespace = namespaces.get('user') !== firstNamespaces.get('user');
    const more = capabilities.effective & ~(first.capabilities.permitted | first.capabilities.bounding);
    // In a user namespace of its own a process has all of them, over what is in there.
    if (more !== 0n && !inUserNamespace) note(executable, 'capabilities', capabilityNamesIn(more));
    if (first.seccomp !== 'none' && status.seccomp === 'none') note(executable, 'seccomp', []);
    if (first.noNewPrivileges && !status.noNewPrivileges) note(executable, 'no-new-privileges', []);
    if (first.securityLabel !== '' && status.securityLabel === '') note(executable, 'label', []);
    const joined = NAMESPACES.filter(
      (name) => hosts.has(namespaces.get(name)) && !hosts.has(firstNamespaces.get(name)),
    );
    if (joined.length > 0) note(executable, 'namespace', sorted(joined));
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}

export function namespacesOf(pid: number): ReadonlyMap<NamespaceName, string> {
  return new Map(
    NAMESPACES.flatMap((name) => {
      const link = linkOf(`/proc/${pid}/ns/${name}`);
      return link === '' ? [] : [[name, link] as const];
    }),
  );
}

/**
 * Those of the machine's first process, and of this one: it watches the host, and where it runs in a machine's container
 * itself what it lives in is the host as far as it can see.
 */
export const hostNamespaces = (): ReadonlySet<string | undefined> =>
  new Set([...namespacesOf(1).values(), ...namespacesOf(process.pid).values()]);
