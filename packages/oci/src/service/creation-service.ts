import { join, resolve } from 'node:path';
import type { RuntimePolicy, SectionName, Workload } from '@runward/policy';
import type { CreationNote } from '../apply/change.js';
import { readInvocation } from '../command/invocation.js';
import { BundleFile } from '../create/bundle-file.js';
import type { HookPlace } from '../create/hook.js';
import type { ImageJudge } from '../create/images.js';
import {
  heldSections,
  type KernelNeed,
  lackingSections,
  unheldSections,
  withoutKernel,
} from '../create/kernel-need.js';
import { decide, imageNotesOf, type Prepared, prepareCreation, prepareExecution } from '../create/prepare.js';
import { readOciSpec } from '../spec/read-spec.js';
import type { Caller } from './caller.js';
import { liveHost } from './live-host.js';
import { bundleOf, type HookState } from './runtime-state.js';

/** The kernel's enforcement, as far as creation needs it. */
export interface KernelBinder {
  /** Why these sections cannot be enforced for a new container now; undefined when they can. */
  readonly problem: (need: KernelNeed) => string | undefined;
  /** Puts the policies that select the workload in force for the cgroup of the process. Rejects if it cannot. */
  readonly bind: (container: {
    readonly id: string;
    readonly pid: number;
    readonly workload: Workload;
    /** Sections in protect that its specification enforces already. */
    readonly held: readonly SectionName[];
    /** Its root as a path of the host, before the container's program has it as its own; undefined: not told. */
    readonly root?: string;
  }) => Promise<void>;
}

export interface CreationServiceOptions {
  /** Rejects when the policies cannot be known. */
  readonly policies: () => Promise<readonly RuntimePolicy[]>;
  readonly hook: HookPlace;
  readonly kernel: KernelBinder;
  readonly images: ImageJudge;
  /** Told of each container that was started under a policy, or held back. */
  readonly onPrepared?: (prepared: Prepared) => void;
}

/** Decides about containers before they exist. Safe for concurrent use. */
export class CreationService {
  constructor(private readonly options: CreationServiceOptions) {}

  /**
   * What a call of the wrapper needs done before the runtime runs.
   *
   * @throws OciError when the runtime must not run
   */
  async prepare(caller: Caller): Promise<Prepared | undefined> {
    const invocation = readInvocation(caller.args, caller.cwd);
    if (invocation.kind === 'other') return undefined;
    const prepared =
      invocation.kind === 'creation'
        ? await prepareCreation(invocation, caller, this.services())
        : await this.prepareExecution(invocation, caller);
    if (prepared !== undefined && prepared.policies.length > 0) this.options.onPrepared?.(prepared);
    return prepared;
  }

  /**
   * Binds a container that its runtime has made and not started. `ancestorArgs` are those of the processes above the
   * hook: the runtime, and who called it. Returns what the operator should know.
   *
   * @throws OciError when the container must not start
   */
  async bind(state: HookState, ancestorArgs: readonly string[]): Promise<readonly CreationNote[]> {
    const policies = await this.options.policies();
    if (policies.length === 0) return [];
    const file = await BundleFile.read(join(state.bundle, 'config.json'));
    const place = { id: state.id, bundle: state.bundle, runtime: 'runc', parentArgs: ancestorArgs };
    const spec = readOciSpec(file.current);
    const known = await decide(spec, place, policies);
    const { policy, identity } = known;
    const imageNotes = await imageNotesOf(spec, known, this.options.images);
    if (policy === undefined) return imageNotes;
    const need = unheldSections(spec, policy, liveHost());
    const { sections } = need;
    const { lacking, why } = lackingSections(need, this.options.kernel.problem);
    const notes = [...imageNotes, ...withoutKernel(policy, lacking, why)];
    const bindable = sections.filter((section) => !lacking.includes(section));
    if (bindable.length === 0) return notes;
    const held = heldSections(policy, need, lacking);
    const root = spec.root?.path;
    const problem = await this.tryBind(state, {
      workload: identity.workload,
      held,
      // As the container's first process has it: its mounts are made already, and its root is not changed yet.
      ...(root === undefined ? {} : { root: join(`/proc/${state.pid}/root`, resolve(state.bundle, root)) }),
    });
    return problem === undefined ? notes : [...notes, ...withoutKernel(policy, bindable, problem)];
  }

  private async tryBind(
    { id, pid }: HookState,
    container: Omit<Parameters<KernelBinder['bind']>[0], 'id' | 'pid'>,
  ): Promise<string | undefined> {
    try {
      await this.options.kernel.bind({ id, pid, ...container });
      return undefined;
    } catch (problem) {
      return problem instanceof Error ? problem.message : String(problem);
    }
  }

  private async prepareExecution(
    {
      id,
      root,
      processFile,
    }: { readonly id: string; readonly root: string | undefined; readonly processFile: string | undefined },
    caller: Caller,
  ): Promise<Prepared | undefined> {
    // Without a file the runtime takes the process of the bundle, which has been made to fit.
    if (processFile === undefined || (await this.options.policies()).length === 0) return undefined;
    const bundle = await bundleOf(id, caller.runtime, root);
    return prepareExecution(processFile, { ...caller, id, bundle }, this.services());
  }

  private services() {
    const { policies, hook, kernel, images } = this.options;
    return { policies, host: liveHost(), hook, kernelProblem: kernel.problem, images };
  }
}
