import { type BoundContainer, EnforceError, type KernelVerdict, type SectionAbility } from '@runward/enforce';
import { type KernelTables, SECTIONS, type SectionName } from '@runward/policy';
import type { Kernel } from '../kernel-door.js';

export const abilitiesOf = (...enforced: readonly SectionName[]): readonly SectionAbility[] =>
  SECTIONS.map((section) => {
    const has = enforced.includes(section);
    return { section, mechanism: has ? 'lsm' : undefined, problem: has ? '' : 'no BPF LSM', limits: [] };
  });

/** A kernel without LSM programs. */
export const withSomeHandles: readonly SectionAbility[] = abilitiesOf('process').map((ability) =>
  ability.section === 'kernelSurface'
    ? {
        ...ability,
        partly: { mechanism: 'cgroup', handles: ['raw-devices', 'core-pattern'] },
        limits: ['not when opened'],
      }
    : ability,
);

/** What the pins of a kernel keep when the agent ends. */
export class FakeKernel {
  readonly sets = new Map<number, string>();
  readonly tables = new Map<number, KernelTables>();
  readonly bound = new Map<number, number>();
  readonly counts = new Map<number, Map<number, { hits: number; lastMs: number }>>();
  /** Everything that was done, in order. */
  readonly log: string[] = [];
  /** Sets there is room for. */
  room = Number.POSITIVE_INFINITY;
  abilities: readonly SectionAbility[] = abilitiesOf('process', 'file', 'network');
  opened = 0;
  verdicts: (verdicts: readonly KernelVerdict[]) => void = () => undefined;
  /** Verdicts that nobody has taken. */
  waiting: readonly KernelVerdict[] = [];
  #numbers = 0;

  get isPinned(): boolean {
    return this.opened > 0;
  }

  open(): Kernel {
    this.opened += 1;
    return {
      abilities: this.abilities,
      load: (tables) => this.#load(tables),
      bind: (container) => this.#bind(container),
      unbind: (cgroups) => {
        for (const cgroup of cgroups) this.bound.delete(cgroup);
        this.log.push(`unbind ${cgroups.join()}`);
      },
      bindings: () => new Map(this.bound),
      sets: () => new Map(this.sets),
      unload: (set) => {
        this.sets.delete(set);
        this.counts.delete(set);
        this.log.push(`unload ${set}`);
      },
      counts: (set) => this.counts.get(set) ?? new Map(),
      recordDigest: () => Promise.resolve(undefined),
      onVerdicts: (take) => {
        this.verdicts = take;
        if (this.waiting.length > 0) take(this.waiting);
        this.waiting = [];
      },
      dropped: () => new Map(),
      retirePrevious: () => false,
      close: () => {
        this.verdicts = () => undefined;
        return Promise.resolve();
      },
    };
  }

  detachAll(): boolean {
    const isThere = this.opened > 0;
    this.opened = 0;
    this.sets.clear();
    this.bound.clear();
    this.log.push('detach');
    return isThere;
  }

  #load(tables: KernelTables): number {
    const { id } = tables;
    for (const [set, loaded] of this.sets) if (loaded === id) return set;
    if (this.sets.size >= this.room) throw new EnforceError('ENFORCE_NO_ROOM', 'no room for another set');
    this.#numbers += 1;
    this.sets.set(this.#numbers, id);
    this.tables.set(this.#numbers, tables);
    this.log.push(`load ${this.#numbers}`);
    return this.#numbers;
  }

  #bind({ cgroups, set, failClosed, pid }: BoundContainer): void {
    for (const cgroup of cgroups) this.bound.set(cgroup, set);
    this.log.push(
      `bind ${cgroups.join()} to ${set}${failClosed ? ' closed' : ''}${pid === undefined ? '' : ` by ${pid}`}`,
    );
  }
}
