import type { RuntimePolicy, SectionName, Workload } from '@runward/policy';
import { mergePolicies } from '@runward/policy/decide';
import { applyPolicy, applyToProcess } from '../apply/apply.js';
import type { CreationNote, SpecChange } from '../apply/change.js';
import type { CreationPolicy } from '../apply/creation-policy.js';
import type { CreationHost } from '../apply/host.js';
import type { Creation } from '../command/invocation.js';
import { identify } from '../identity/identify.js';
import type { CreationPlace, Identity } from '../identity/identity.js';
import { isSandbox } from '../identity/sandbox.js';
import { writeExact } from '../spec/json.js';
import { readOciProcess, readOciSpec } from '../spec/read-spec.js';
import type { OciSpec } from '../spec/spec.js';
import { BundleFile } from './bundle-file.js';
import { creationPolicy } from './effective.js';
import { type HookPlace, withBindHook } from './hook.js';
import { type ImageJudge, judgeImages, judgesImages, notesOfImages } from './images.js';
import {
  handlesBeyondCreation,
  heldSections,
  type KernelNeed,
  lackingSections,
  needsKernel,
  withoutKernel,
} from './kernel-need.js';
import { refuseUndecided, select } from './selection.js';

/** What deciding about a container takes. The same in the agent and, when that is away, in a process of its own. */
export interface CreationServices {
  /** The applied policies. Rejects when they cannot be known: nothing may start then. */
  readonly policies: () => Promise<readonly RuntimePolicy[]>;
  readonly host: CreationHost;
  readonly hook: HookPlace;
  /** Why the kernel's enforcement cannot be had for these sections; undefined when it can. */
  readonly kernelProblem: (need: KernelNeed) => string | undefined;
  readonly images: ImageJudge;
}

/** What was decided and done, for reports. */
export interface Prepared {
  readonly id: string;
  readonly workload: Workload | undefined;
  /** Names of the policies that select the container and protect it. */
  readonly policies: readonly string[];
  /** Sections in protect that the specification enforces; undefined for a process added to a container. */
  readonly held: readonly SectionName[] | undefined;
  readonly changes: readonly SpecChange[];
  readonly notes: readonly CreationNote[];
}

const untouched = (id: string): Prepared => ({
  id,
  workload: undefined,
  policies: [],
  held: [],
  changes: [],
  notes: [],
});

/**
 * Puts the policies that select a container into its bundle, before the runtime reads it. Without such a policy the
 * bundle stays as it is, byte for byte.
 *
 * @throws OciError when the container must not start
 */
export async function prepareCreation(
  invocation: Creation,
  place: Pick<CreationPlace, 'runtime' | 'parentArgs'>,
  services: CreationServices,
): Promise<Prepared> {
  const policies = await services.policies();
  const file = await BundleFile.read(invocation.specFile);
  const untouchedFile = async (): Promise<Prepared> => {
    await file.restore();
    return untouched(invocation.id);
  };
  if (policies.length === 0) return untouchedFile();
  const spec = readOciSpec(file.text);
  const known = await decide(spec, { ...place, id: invocation.id, bundle: invocation.bundle }, policies);
  const imageNotes = await imageNotesOf(spec, known, services.images);
  if (known.policy === undefined) {
    const { workload } = known.identity;
    const by = known.selected.filter(judgesImages).map(({ name }) => name);
    return {
      ...(await untouchedFile()),
      ...(by.length === 0 ? {} : { workload, policies: by, notes: imageNotes }),
    };
  }
  const { policy, identity } = known;
  const need: KernelNeed = { sections: needsKernel(policy), handles: handlesBeyondCreation(policy) };
  const { lacking, why } = lackingSections(need, services.kernelProblem);
  const openNotes = withoutKernel(policy, lacking, why);
  const applied = applyPolicy(spec, policy, services.host);
  const isBound = need.sections.length > lacking.length;
  const result = isBound ? withBindHook(applied.spec, services.hook) : applied.spec;
  await file.write(writeExact(result));
  return {
    id: invocation.id,
    workload: identity.workload,
    policies: policy.names,
    held: heldSections(policy, need, lacking),
    changes: applied.changes,
    notes: [...known.notes, ...imageNotes, ...applied.notes, ...openNotes],
  };
}

/**
 * Holds a process that is added to a running container to the container's policies: the manager takes its rights
 * from its own records, not from the bundle.
 *
 * @throws OciError when the process must not start
 */
export async function prepareExecution(
  processFile: string,
  place: CreationPlace,
  services: CreationServices,
): Promise<Prepared> {
  const policies = await services.policies();
  if (policies.length === 0) return untouched(place.id);
  const bundle = await BundleFile.read(`${place.bundle}/config.json`);
  const { policy, identity } = await decide(readOciSpec(bundle.text), place, policies);
  if (policy === undefined) return untouched(place.id);
  const file = await BundleFile.read(processFile);
  const applied = applyToProcess(readOciProcess(file.text), policy, services.host);
  if (applied.changes.length > 0) await file.replace(writeExact(applied.spec));
  return { id: place.id, workload: identity.workload, policies: policy.names, held: undefined, changes: applied.changes, notes: applied.notes }; // biome-ignore format: one line
}

/** @throws OciError when the container must not be made of its image */
export async function imageNotesOf(
  spec: OciSpec,
  { selected, identity }: Pick<Known, 'selected' | 'identity'>,
  images: ImageJudge,
): Promise<readonly CreationNote[]> {
  if (isSandbox(spec, identity)) return [];
  const judged = await judgeImages(selected, identity, images);
  for (const { policy, trust, judgement, isRefused } of judged) {
    if (isRefused) images.refused?.(policy, trust, identity.workload, judgement);
  }
  return notesOfImages(judged, identity.workload);
}

export interface Known {
  readonly selected: readonly RuntimePolicy[];
  readonly policy: CreationPolicy | undefined;
  readonly identity: Identity;
  readonly notes: readonly CreationNote[];
}

export async function decide(
  spec: OciSpec,
  place: CreationPlace,
  policies: readonly RuntimePolicy[],
): Promise<Known> {
  const identity = await identify(spec, place);
  const selection = select(policies, identity);
  refuseUndecided(selection, identity);
  const notes = selection.undecided
    .filter(({ policy }) => judgesImages(policy) || creationPolicy(mergePolicies([policy])) !== undefined)
    .map(
      ({ policy, facts }): CreationNote => ({
        code: 'OCI_STARTED_UNENFORCED',
        message: `policy \`${policy.name}\` (onFailure: open) is left out, since the container's ${facts.join(' and ')} cannot be told: ${identity.problem}`,
      }),
    );
  return {
    selected: selection.selected,
    policy: creationPolicy(mergePolicies(selection.selected)),
    identity,
    notes,
  };
}
