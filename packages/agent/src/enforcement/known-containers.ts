import type { ContainerInfo } from '@runward/events';
import type { Workload } from '@runward/policy';
import type { IdentityRequest } from '@runward/tracker';
import type { CreationHolds } from './creation-holds.js';
import type { CreationHold } from './standing.js';

/** How a container came to be bound. */
export type Origin = 'creation' | 'met';

/** A container as far as policies are concerned. */
export interface KnownContainer {
  readonly id: string;
  /** What selectors look at: told by whoever created it, then by its runtime. */
  workload: Workload;
  /** Its runtime said who it is. Until then nothing that is in force for it is loosened. */
  identified: boolean;
  readonly origin: Origin;
  /** Paths of its groups, as the kernel has them. */
  readonly paths: Set<string>;
  /** Groups it was met by or is bound by. */
  cgroups: readonly number[];
  /** How often its program was looked for. */
  looks: number;
  /** Its runtime waits: no program of its own runs yet. */
  isBeingCreated: boolean;
  /** CLOCK_REALTIME: when its image was complete; 0n: not known. */
  imageNs: bigint;
  /** What its image and creation put into its environment. */
  env: readonly string[];
  /** Id of the effective policy that is in force for it. */
  effectiveId: string | undefined;
  /** The same with the addresses its peers had. */
  resolvedId: string | undefined;
  /** Wall clock, milliseconds; 0 while nothing is in force for it. */
  boundAtMs: number;
  /** Why it is not bound as its policies say; '' when it is. */
  problem: string;
  /** What its creation put in force; undefined: not created under policies, or by an agent that has ended since. */
  hold: CreationHold | undefined;
  /** To ask again while it is not identified. */
  question: IdentityRequest | undefined;
  ended: boolean;
}

/** The containers that are there now. */
export class KnownContainers {
  readonly #byId = new Map<string, KnownContainer>();
  readonly #byPath = new Map<string, KnownContainer>();
  readonly #holds: Pick<CreationHolds, 'keep' | 'of' | 'forget'>;

  constructor(holds: Pick<CreationHolds, 'keep' | 'of' | 'forget'>) {
    this.#holds = holds;
  }

  /** A group of a container was met. */
  meet(question: IdentityRequest, info: ContainerInfo): KnownContainer {
    const { cgroup, cgroupPath: path } = question;
    const known = this.#byPath.get(path) ?? this.#byId.get(info.id) ?? this.#add(info.id, 'met', info);
    this.#byId.set(info.id, known); // a runtime may know it by another name than the one it was created with
    known.question = question;
    const identified = info.metadata === 'complete';
    // What creation was told is better than a runtime that did not answer.
    if (identified || (known.origin === 'met' && !known.identified)) known.workload = info;
    known.identified ||= identified;
    if (info.env.length > 0) known.env = info.env;
    if (known.imageNs === 0n) known.imageNs = info.createdAtNs;
    return this.#join(known, path, [cgroup]);
  }

  /** A container was created and does not run yet. */
  create(id: string, path: string, workload: Workload, imageNs: bigint): KnownContainer {
    for (const earlier of [this.#byId.get(id), this.#byPath.get(path)])
      if (earlier !== undefined) this.remove(earlier);
    const known = this.#add(id, 'creation', workload);
    known.imageNs = imageNs;
    return this.#join(known, path, []);
  }

  /** A container of this id is being created, with this in force by its specification. */
  expect(id: string, hold: CreationHold): void {
    this.#holds.keep(id, hold);
    const known = this.#byId.get(id);
    if (known !== undefined) known.hold = hold;
  }

  #add(id: string, origin: Origin, workload: Workload): KnownContainer {
    const known: KnownContainer = {
      ...{ id, origin, workload, identified: false, paths: new Set<string>(), cgroups: [], imageNs: 0n },
      ...{
        effectiveId: undefined,
        resolvedId: undefined,
        env: [],
        boundAtMs: 0,
        problem: '',
        ended: false,
        hold: this.#holds.of(id),
        question: undefined,
        isBeingCreated: false,
        looks: 0,
      },
    };
    this.#byId.set(id, known);
    return known;
  }

  #join(known: KnownContainer, path: string, cgroups: readonly number[]): KnownContainer {
    known.paths.add(path);
    known.cgroups = [...new Set([...known.cgroups, ...cgroups])];
    this.#byPath.set(path, known);
    return known;
  }

  get(id: string): KnownContainer | undefined {
    return this.#byId.get(id);
  }

  remove(known: KnownContainer): void {
    known.ended = true;
    for (const [id, each] of this.#byId) if (each === known) this.#byId.delete(id);
    for (const path of known.paths) if (this.#byPath.get(path) === known) this.#byPath.delete(path);
  }

  get all(): readonly KnownContainer[] {
    return [...new Set(this.#byId.values())];
  }

  /** What becomes of containers is of no interest any more; they go on. */
  clear(): void {
    this.#byId.clear();
    this.#byPath.clear();
  }
}
