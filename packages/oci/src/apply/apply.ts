import { isDeepStrictEqual } from 'node:util';
import { ALL_ARCHITECTURES } from '../seccomp/actions.js';
import { demandsAnything } from '../seccomp/demand.js';
import { restrictSeccomp } from '../seccomp/restrict.js';
import type { OciLinux, OciProcess, OciSpec } from '../spec/spec.js';
import { restrictCapabilities } from './capabilities.js';
import { type CreationNote, change, type SpecChange } from './change.js';
import type { CreationPolicy } from './creation-policy.js';
import { restrictDevices } from './devices.js';
import type { CreationHost } from './host.js';
import { restrictPaths } from './paths.js';
import { labelProcess } from './security-label.js';
import { syscallsAsked } from './syscalls.js';

/** Written into every specification that was changed, for whoever asks later which policies it was made under. */
export const POLICY_ANNOTATION = 'runward.dev/policies';
export const DIGEST_ANNOTATION = 'runward.dev/policies-digest';

export interface Applied<Subject> {
  readonly spec: Subject;
  /** Empty when the specification already said all that is demanded. */
  readonly changes: readonly SpecChange[];
  readonly notes: readonly CreationNote[];
}

/**
 * The specification under a policy: stricter wherever the policy asks for it, looser nowhere. Pure; the given
 * specification is left as it is.
 */
export function applyPolicy(spec: OciSpec, policy: CreationPolicy, host: CreationHost): Applied<OciSpec> {
  const process = applyToProcess(spec.process ?? {}, policy, host);
  const linux = applyToLinux(spec.linux ?? {}, policy, host);
  const changes = [...process.changes, ...linux.changes];
  let root = spec.root;
  if (policy.readOnlyRoot !== undefined && root?.readonly !== true) {
    root = { ...root, readonly: true };
    changes.push(change('root.readonly', 'true', [policy.readOnlyRoot]));
  }
  const annotations = {
    ...spec.annotations,
    [POLICY_ANNOTATION]: policy.names.join(','),
    [DIGEST_ANNOTATION]: policy.digest,
  };
  return {
    spec: {
      ...spec,
      ...(spec.process === undefined ? {} : { process: process.spec }),
      ...(root === undefined ? {} : { root }),
      linux: linux.spec,
      annotations,
    },
    changes,
    notes: [...process.notes, ...linux.notes],
  };
}

/** What holds for any process of the container, be it its first or one that is added later (`exec`). */
export function applyToProcess(
  process: OciProcess,
  policy: CreationPolicy,
  host: CreationHost,
): Applied<OciProcess> {
  const { capabilities, changes } = restrictCapabilities(process.capabilities, policy);
  const label = labelProcess(process, policy, host);
  const result: OciProcess = { ...label.process, ...(capabilities === undefined ? {} : { capabilities }) };
  const privileges = [policy.noNewPrivileges, policy.setuidExecution].flatMap((reason) => reason ?? []);
  if (privileges.length === 0 || process.noNewPrivileges === true)
    return { spec: result, changes: [...changes, ...label.changes], notes: label.notes };
  return {
    spec: { ...result, noNewPrivileges: true },
    changes: [...changes, ...label.changes, change('process.noNewPrivileges', 'true', privileges)],
    notes: label.notes,
  };
}

function applyToLinux(linux: OciLinux, policy: CreationPolicy, host: CreationHost): Applied<OciLinux> {
  const paths = restrictPaths(linux, policy);
  const devices = restrictDevices(paths.linux, policy);
  const changes = [...paths.changes, ...devices.changes];
  const { demand, reasons, lent } = syscallsAsked(policy);
  if (!demandsAnything(demand)) return { spec: devices.linux, changes, notes: [] };
  const architectures = ALL_ARCHITECTURES[host.architecture] ?? [];
  const { seccomp, deniedWholly } = restrictSeccomp(linux.seccomp, demand, architectures);
  const denied = [...demand.named].filter(([, { kind }]) => kind !== 'allow').map(([name]) => name);
  const text = demand.otherwise.kind === 'deny' ? `only ${demand.named.size - denied.length} calls are allowed` : `without ${denied.sort().join(', ')}`; // biome-ignore format: one thought
  const notes: CreationNote[] = deniedWholly.map((name) => ({
    code: 'OCI_SYSCALL_DENIED_WHOLLY',
    message: `the filter that was given has conditions for \`${name}\` that cannot be joined with the policy's; the call is denied altogether`,
  }));
  if (lent.length > 0) {
    notes.push({
      code: 'OCI_RUNTIME_SYSCALLS_ALLOWED',
      message: `${lent.length} system calls that the policy does not list are allowed, since the container runtime makes them before the program starts: ${lent.join(', ')}`,
    });
  }
  const isSame = isDeepStrictEqual(seccomp, linux.seccomp);
  return {
    spec: { ...devices.linux, seccomp },
    changes: isSame ? changes : [...changes, change('linux.seccomp', text, reasons)],
    notes,
  };
}
