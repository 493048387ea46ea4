import { KERNEL_SURFACE, type KernelHandle, type SectionName } from '@runward/policy/model';
import { HANDLES } from '@runward/policy/surface';
import { applyPolicy } from '../apply/apply.js';
import type { CreationNote } from '../apply/change.js';
import type { CreationPolicy } from '../apply/creation-policy.js';
import type { CreationHost } from '../apply/host.js';
import { OciError } from '../error.js';
import type { OciSpec } from '../spec/spec.js';

/**
 * Sections in protect that a specification cannot enforce alone. The others hold by what the runtime does:
 * capabilities, the system call filter, no_new_privs, a read-only root.
 */
export function needsKernel(policy: CreationPolicy): readonly SectionName[] {
  return [...policy.protects.keys()].filter((section) => {
    if (section === 'process' || section === 'file' || section === 'network') return true;
    return section === 'kernelSurface' && handlesBeyondCreation(policy).length > 0;
  });
}

/** Denied handles that a specification does not shut altogether. */
export const handlesBeyondCreation = (policy: CreationPolicy): readonly KernelHandle[] =>
  deniedHandles(policy).filter((name) => !isWhole(name));

const deniedHandles = (policy: CreationPolicy): readonly KernelHandle[] =>
  KERNEL_SURFACE.filter((name) => policy.denies('kernelSurface', name) !== undefined);

/** What the kernel is to hold of a container. */
export interface KernelNeed {
  readonly sections: readonly SectionName[];
  /** Of the section `kernelSurface`. */
  readonly handles: readonly KernelHandle[];
}

/** Sections by the fields of a specification that enforce them. */
const SECTIONS_OF: readonly (readonly [field: string, sections: readonly SectionName[]])[] = [
  ['process.capabilities', ['capabilities']],
  ['process.noNewPrivileges', ['privilege']],
  ['root.readonly', ['privilege']],
  ['linux.seccomp', ['syscalls', 'kernelSurface']],
  ['linux.', ['kernelSurface']],
];

/**
 * Sections in protect that the kernel's enforcement must hold for a container that is there: those no specification
 * can, and those this one does not, be it that no wrapper changed it (a hook or NRI alone) or that it lies.
 */
export function unheldSections(spec: OciSpec, policy: CreationPolicy, host: CreationHost): KernelNeed {
  const { changes } = applyPolicy(spec, policy, host);
  const missing = changes.flatMap(
    ({ field }) => SECTIONS_OF.find(([name]) => field.startsWith(name))?.[1] ?? [],
  );
  const all = new Set([...needsKernel(policy), ...missing]);
  return {
    sections: [...policy.protects.keys()].filter((section) => all.has(section)),
    handles: missing.includes('kernelSurface') ? deniedHandles(policy) : handlesBeyondCreation(policy),
  };
}

/**
 * Sections that the specification holds; of handles its part, where the kernel has the rest. What is `lacking` nobody
 * holds.
 */
export function heldSections(
  policy: CreationPolicy,
  { sections, handles }: KernelNeed,
  lacking: readonly SectionName[],
): readonly SectionName[] {
  const shares = !lacking.includes('kernelSurface') && !handles.some(isWhole);
  return [...policy.protects.keys()].filter(
    (section) => !sections.includes(section) || (section === 'kernelSurface' && shares),
  );
}

/** Which sections the kernel cannot have now, and why. */
export function lackingSections(
  { sections, handles }: KernelNeed,
  problem: (need: KernelNeed) => string | undefined,
): { readonly lacking: readonly SectionName[]; readonly why: string } {
  const lacking = sections.filter((section) => problem({ sections: [section], handles }) !== undefined);
  return { lacking, why: lacking.length === 0 ? '' : (problem({ sections: lacking, handles }) ?? '') };
}

const handles: ReadonlyMap<string, { readonly whole: boolean }> = new Map(Object.entries(HANDLES));
const isWhole = (name: string): boolean => handles.get(name)?.whole === true;

/**
 * What to do about sections that nothing enforces now: refuse where the policy fails closed, say so where it fails
 * open.
 *
 * @throws OciError `OCI_SECTION_UNENFORCED`
 */
export function withoutKernel(
  policy: CreationPolicy,
  sections: readonly SectionName[],
  why: string,
): readonly CreationNote[] {
  const closed = sections.filter((section) => policy.protects.get(section) === 'closed');
  const names = policy.names.map((name) => `\`${name}\``).join(', ');
  if (closed.length > 0) {
    throw new OciError(
      'OCI_SECTION_UNENFORCED',
      `policy ${names} protects ${closed.join(', ')} and is \`onFailure: closed\`, but nothing can enforce it now: ${why}`,
      { help: 'start the agent (`runward run`), or set `onFailure: open` in the policy' },
    );
  }
  if (sections.length === 0) return [];
  const message = `the container starts without ${sections.join(', ')} of policy ${names} (onFailure: open): ${why}`;
  return [{ code: 'OCI_STARTED_UNENFORCED', message }];
}
