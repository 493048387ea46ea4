import type { WorkloadProfile } from '../profile/profile.js';
import type { PlannedSection } from './policy-text.js';

const WRITING: ReadonlySet<string> = new Set([
  'write',
  'create',
  'delete',
  'rename',
  'link',
  'chmod',
  'chown',
]);

export function planPrivilege({ privilege, files }: WorkloadProfile): PlannedSection {
  // A path whose mount is not known may be of the root file system: then it is left as it is.
  const mayWriteRoot =
    privilege.wroteRoot ||
    files.some(
      ({ mount, operations }) =>
        (mount === 'root' || mount === 'unknown') && operations.some((name) => WRITING.has(name)),
    );
  const { gainedPrivileges, setuidExecution } = privilege;
  return {
    settings: [
      gainedPrivileges
        ? { key: 'noNewPrivileges', value: 'false', why: 'a process gained privileges by starting a program' }
        : { key: 'noNewPrivileges', value: 'true', why: 'no process gained privileges' },
      setuidExecution
        ? { key: 'setuidExecution', value: 'allow', why: 'a setuid or setgid program ran' }
        : { key: 'setuidExecution', value: 'deny', why: 'no setuid or setgid program ran' },
      mayWriteRoot
        ? { key: 'readOnlyRoot', value: 'false', why: 'files of the root file system were changed' }
        : { key: 'readOnlyRoot', value: 'true', why: 'nothing of the root file system was changed' },
    ],
    lines: [],
  };
}
