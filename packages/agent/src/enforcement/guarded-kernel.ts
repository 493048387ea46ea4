import {
  FANOTIFY_LIMITS,
  type FanotifyGuard,
  type KernelVerdict,
  type LineCount,
  type SectionAbility,
} from '@runward/enforce';
import type { KernelTables } from '@runward/policy';
import type { BoundContainer, Kernel } from './kernel-door.js';

type Guard = Pick<
  FanotifyGuard,
  'load' | 'unload' | 'bind' | 'unbind' | 'counts' | 'onVerdicts' | 'onProblem' | 'close'
>;

export interface GuardSource {
  /** Why there is none; '' when there is. */
  readonly problem: () => string;
  readonly start: () => Promise<Guard>;
}

/**
 * The kernel's enforcement where it has no programs for files: opens are judged by fanotify as well, as long as this
 * agent runs. The guard is started with the first container whose policies have a `file` section.
 */
export class GuardedKernel implements Kernel {
  readonly abilities: readonly SectionAbility[];
  readonly #kernel: Kernel;
  readonly #source: GuardSource;
  readonly #say: (message: string) => void;
  /** What the guard has to know of sets with a `file` section. */
  readonly #tables = new Map<number, KernelTables>();
  readonly #guarded = new Map<number, number>();
  #guard: Promise<Guard> | undefined;
  #running: Guard | undefined;
  #take: (verdicts: readonly KernelVerdict[]) => void = () => undefined;

  private constructor(kernel: Kernel, source: GuardSource, say: (message: string) => void) {
    this.#kernel = kernel;
    this.#source = source;
    this.#say = say;
    this.abilities = kernel.abilities.map((ability) =>
      ability.section === 'file'
        ? { section: 'file', mechanism: 'fanotify', problem: '', limits: FANOTIFY_LIMITS.file }
        : ability,
    );
  }

  /** The kernel with a guard where that adds something; else the kernel alone. */
  static of(kernel: Kernel, source: GuardSource, say: (message: string) => void): Kernel {
    const file = kernel.abilities.find(({ section }) => section === 'file');
    return file?.mechanism !== undefined || source.problem() !== ''
      ? kernel
      : new GuardedKernel(kernel, source, say);
  }

  load(tables: KernelTables): number {
    const set = this.#kernel.load(tables);
    if (tables.sections.has('file') && !this.#tables.has(set)) {
      this.#tables.set(set, tables);
      this.#running?.load(set, tables);
    }
    return set;
  }

  /** A set of an earlier agent is in the kernel and not here. */
  wantsTables(set: number, hasFiles: boolean): boolean {
    return hasFiles && !this.#tables.has(set);
  }

  isGuarded(set: number): boolean {
    return this.#tables.has(set);
  }

  bind(container: BoundContainer): void {
    this.#kernel.bind(container);
    const { pid, set, cgroups, imageNs } = container;
    if (pid === undefined) return;
    if (!this.#tables.has(set)) {
      this.#release(cgroups);
      return;
    }
    for (const cgroup of cgroups) this.#guarded.set(cgroup, pid);
    void this.#guardOf(pid, set, imageNs);
  }

  async #guardOf(pid: number, set: number, imageNs: bigint | undefined): Promise<void> {
    try {
      const guard = await this.#started();
      const { unmarked } = await guard.bind({ pid, set, ...(imageNs === undefined ? {} : { imageNs }) });
      for (const { point, problem } of unmarked)
        this.#say(`files below ${point} of process ${pid} are not judged: ${problem}`);
    } catch (error) {
      this.#say(
        `files of process ${pid} are not judged: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  #started(): Promise<Guard> {
    this.#guard ??= this.#source.start().then((guard) => {
      guard.onVerdicts((verdicts) => this.#take(verdicts));
      guard.onProblem(this.#say);
      for (const [set, tables] of this.#tables) guard.load(set, tables);
      this.#running = guard;
      return guard;
    });
    return this.#guard;
  }

  #release(cgroups: readonly number[]): void {
    const pids = new Set(cgroups.flatMap((cgroup) => this.#guarded.get(cgroup) ?? []));
    for (const cgroup of cgroups) this.#guarded.delete(cgroup);
    for (const pid of pids) this.#running?.unbind(pid);
  }

  unbind(cgroups: readonly number[]): void {
    this.#kernel.unbind(cgroups);
    this.#release(cgroups);
  }

  unload(set: number): void {
    this.#kernel.unload(set);
    if (this.#tables.delete(set)) this.#running?.unload(set);
  }

  counts(set: number): ReadonlyMap<number, LineCount> {
    const counts = new Map(this.#kernel.counts(set));
    for (const [line, { hits, lastMs }] of this.#running?.counts(set) ?? []) {
      const inKernel = counts.get(line);
      counts.set(line, {
        hits: hits + (inKernel?.hits ?? 0),
        lastMs: Math.max(lastMs, inKernel?.lastMs ?? 0),
      });
    }
    return counts;
  }

  onVerdicts(take: (verdicts: readonly KernelVerdict[]) => void): void {
    this.#take = take;
    this.#kernel.onVerdicts(take);
  }

  bindings = (): ReadonlyMap<number, number> => this.#kernel.bindings();
  sets = (): ReadonlyMap<number, string> => this.#kernel.sets();
  dropped = (): ReturnType<Kernel['dropped']> => this.#kernel.dropped();
  retirePrevious = (): boolean => this.#kernel.retirePrevious();
  recordDigest = (path: string): Promise<string | undefined> => this.#kernel.recordDigest(path);

  async close(): Promise<void> {
    const guard = await this.#guard?.catch(() => undefined);
    await guard?.close();
    await this.#kernel.close();
  }
}
