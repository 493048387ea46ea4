import {
  type ContainerInfo,
  type EventView,
  type ExecutableFacts,
  eventTypeById,
  kernelNameOf,
} from '@runward/events';
import { isRuntimeStep, type WorkloadKey, type WorkloadProfile } from '@runward/policy';
import { ACTIONS } from './actions/index.js';
import { wasTried } from './actions/network.js';
import { isExec, noteProgram } from './actions/processes.js';
import { ProfileBuilder } from './builder/profile-builder.js';
import { Scene } from './scene.js';

/** What a workload is called, and which containers are of it; a {@link WorkloadKey} is one. */
export interface LearnKey {
  readonly text: WorkloadKey['text'];
  readonly matches: (container: ContainerInfo) => boolean;
}

/** A workload that is to be learnt. */
export interface LearnTarget {
  readonly key: LearnKey;
  /** What is known of it already: it goes on from there. */
  readonly earlier?: WorkloadProfile | undefined;
}

export interface ObserverOptions {
  /** Names this run: a random text, so that profiles of several runs can be told apart. */
  readonly session: string;
  /** Mount namespace of the host; 0 when not known. */
  readonly hostMntNs?: number;
  /** The kernel counts all system calls ({@link Observer.saw}). */
  readonly callsCounted?: boolean;
  /** The kernel counts what its checks of capabilities grant ({@link Observer.saw}): nothing is inferred. */
  readonly capabilitiesCounted?: boolean;
}

/** What the kernel counted: names of system calls, and of capabilities without `CAP_`. */
export interface Counted {
  readonly calls: readonly string[];
  readonly capabilities: readonly string[];
}

interface Learnt {
  readonly key: LearnKey;
  readonly builder: ProfileBuilder;
}

/** How a container is learnt: by every workload it belongs to. */
interface Watched {
  readonly scenes: readonly Scene[];
  readonly container: ContainerInfo;
  /** Executables of processes whose program was noted. */
  noted: WeakSet<ExecutableFacts>;
  last: ExecutableFacts | undefined;
}

/** A first process that is met this long after its container was made is not the first. */
const START_MS = 10_000;

/**
 * Events in, profiles out. Takes every event of every container, in order; what is known already costs look-ups and
 * allocates nothing. Holds as much as `LIMITS` says per workload.
 */
export class Observer {
  readonly #options: ObserverOptions;
  readonly #learnt = new Map<string, Learnt>();
  /** By container as the tracker knows it now: better knowledge is another object. Undefined: not learnt. */
  #containers = new WeakMap<ContainerInfo, Watched | { readonly scenes: readonly [] }>();
  #active = new Map<string, Watched>();
  #lastContainer: ContainerInfo | undefined;
  #lastWatched: Watched | undefined;

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  /** Begins with a workload; one that is learnt already goes on as it is. */
  add({ key, earlier }: LearnTarget): void {
    if (this.#learnt.has(key.text)) return;
    this.#learnt.set(key.text, {
      key,
      builder: new ProfileBuilder(
        key.text,
        this.#options.session,
        earlier,
        this.#options.callsCounted ?? false,
      ),
    });
    this.#forgetContainers();
  }

  /** Ends with a workload; its profile as it is now, undefined when it was not learnt. */
  remove(workload: string): WorkloadProfile | undefined {
    const profile = this.#learnt.get(workload)?.builder.profile();
    this.#learnt.delete(workload);
    this.#forgetContainers();
    return profile;
  }

  #forgetContainers(): void {
    this.#containers = new WeakMap();
    this.#active = new Map();
    this.#lastContainer = undefined;
    this.#lastWatched = undefined;
  }

  get workloads(): readonly string[] {
    return [...this.#learnt.keys()];
  }

  /** Grows with everything new; undefined when the workload is not learnt. */
  revision(workload: string): number | undefined {
    return this.#learnt.get(workload)?.builder.revision;
  }

  profile(workload: string): WorkloadProfile | undefined {
    return this.#learnt.get(workload)?.builder.profile();
  }

  /** Whether events of this container are wanted. */
  learns(container: ContainerInfo): boolean {
    return this.#watched(container) !== undefined;
  }

  /** Containers that are watched live on, though nothing happens in them. */
  advance(nowMs: number): void {
    for (const { scenes } of this.#active.values()) for (const { replica } of scenes) replica?.advance(nowMs);
  }

  /** `id` in full. */
  endContainer(id: string): void {
    this.#active.delete(id);
  }

  /** Records lost since the session began; any of them may have been of a workload that is learnt. */
  lost(records: number): void {
    for (const { builder } of this.#learnt.values()) builder.coverage.lost(records);
  }

  /** System calls and capabilities of one container that the kernel counted itself. */
  saw(container: ContainerInfo, { calls, capabilities }: Counted, nowMs: number): void {
    const watched = this.#watched(container);
    if (watched === undefined) return;
    for (const scene of watched.scenes) {
      scene.at(nowMs);
      for (const name of calls) scene.counted('syscalls', name);
      for (const name of capabilities) scene.counted('capabilities', name);
    }
  }

  /** One event, at `nowMs` since the Unix epoch. The view is read during the call only. */
  observe(view: EventView, nowMs: number): void {
    const container = view.container;
    if (container === undefined) return;
    const watched = container === this.#lastContainer ? this.#lastWatched : this.#watched(container);
    if (watched === undefined) return;
    this.#note(view, watched, nowMs);
  }

  #watched(container: ContainerInfo): Watched | undefined {
    const known = this.#containers.get(container) ?? this.#meet(container);
    this.#lastContainer = container;
    this.#lastWatched = known.scenes.length === 0 ? undefined : (known as Watched); // the other kind has none
    return this.#lastWatched;
  }

  #meet(container: ContainerInfo): Watched | { readonly scenes: readonly [] } {
    const learnt = [...this.#learnt.values()].filter(({ key }) => key.matches(container));
    if (learnt.length === 0) {
      const none = { scenes: [] } as const;
      this.#containers.set(container, none);
      return none;
    }
    const scenes = learnt.map(({ builder }) => {
      builder.meet(container);
      return new Scene(builder, container, this.#options.capabilitiesCounted !== true);
    });
    const watched: Watched = { scenes, container, noted: new WeakSet(), last: undefined };
    this.#containers.set(container, watched);
    this.#active.set(container.id, watched);
    return watched;
  }

  #note(view: EventView, watched: Watched, nowMs: number): void {
    const { process } = view;
    const exec = isExec(view);
    if (isRuntimeStep(process, this.#options.hostMntNs ?? 0)) return;
    const { executable } = process;
    const isMet = watched.last === executable || watched.noted.has(executable);
    const { result } = view;
    const action = result === undefined || result >= 0 || wasTried(view) ? ACTIONS[view.typeId] : undefined;
    const name = eventTypeById.get(view.typeId);
    for (const scene of watched.scenes) {
      if (scene.replica?.isActive === false) scene.replica.begin(watched.container, nowMs);
      if (exec && isFirst(view, watched.container, nowMs)) scene.replica?.sawFirstProcess(nowMs);
      scene.move(view, nowMs);
      if (exec || !isMet) noteProgram(process, scene);
      if (name?.isSyscall === true) scene.syscall(kernelNameOf(name.name));
      if (action !== undefined && !exec) action(view, scene);
    }
    if (!isMet) watched.noted.add(executable);
    watched.last = executable;
  }
}

/** The process a container begins with: number 1 in its namespace, executed when the container was made. */
function isFirst({ process }: EventView, { createdAtNs, hostPid }: ContainerInfo, nowMs: number): boolean {
  const isYoung = createdAtNs === 0n || nowMs - Number(createdAtNs / 1_000_000n) < START_MS;
  return (
    isYoung && (process.vpid === 1 || (hostPid === true && process.parent?.cgroupId !== process.cgroupId))
  );
}
