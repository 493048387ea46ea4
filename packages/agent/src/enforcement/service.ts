import { setTimeout as sleep } from 'node:timers/promises';
import type { KernelVerdict, SectionAbility } from '@runward/enforce';
import type { ContainerInfo } from '@runward/events';
import type { KernelBinder, KernelNeed } from '@runward/oci';
import {
  asksForPeers,
  type EffectivePolicy,
  type KernelTables,
  type RuntimePolicy,
  type SectionName,
  type Workload,
} from '@runward/policy';
import type { IdentityRequest } from '@runward/tracker';
import { Compilations } from './compilations.js';
import { ExecutableDigests, patternsWithDigests } from './executable-digests.js';
import { Findings } from './findings.js';
import type { Groups } from './host-groups.js';
import { insiderOf } from './insider.js';
import type { Kernel } from './kernel-door.js';
import { type KnownContainer, KnownContainers } from './known-containers.js';
import { type LineHits, LoadedSets, type SetReport } from './loaded-sets.js';
import { PeerResolution } from './peer-resolution.js';
import { Selections } from './selections.js';
import type { ServiceOptions, ServiceState } from './service-options.js';
import { holdOf } from './standing.js';
import { trafficOf } from './traffic.js';
import { lacksMechanism } from './unheld-handles.js';

const SWEEP_MS = 10_000;
/** How often the addresses of peers are looked at: nothing tells when they change. */
const PEERS_MS = 1000;
/** How long what was asked for waits for runtimes to say who is who. */
const PATIENCE_MS = 5000;
/** For the program of a container that is being created: some two minutes. */
const LOOK_AGAIN_MS = 200;
const MAX_LOOKS = 600;

/**
 * Keeps the policies in force: of every container it binds the groups to what its policies come to, and does so anew
 * when either changes. What is in force for a container is replaced, never taken away in between.
 */
export class EnforcementService {
  readonly containers: KnownContainers;
  readonly compilations: Compilations;
  readonly #options: ServiceOptions;
  readonly #earlierHits = new Map<string, LineHits>();
  readonly #findings = new Findings();
  #kernel: { readonly enforcement: Kernel; readonly sets: LoadedSets; readonly groups: Groups } | undefined;
  #state: ServiceState = { kind: 'idle' };
  #abilities: readonly SectionAbility[] = [];
  readonly #peers: PeerResolution;
  #selections = new Selections([]);
  #changing: Promise<void> = Promise.resolve();
  #sweeper: NodeJS.Timeout | undefined;
  #peerWatch: NodeJS.Timeout | undefined;
  #early: KernelVerdict[] | undefined = [];
  #digests: ExecutableDigests | undefined;
  /** For the containers that ran before the kernel was asked for anything. */
  #hasLooked = false;
  #isMeeting = false;

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.containers = new KnownContainers(options.holds);
    this.compilations = new Compilations(options.workshop);
    this.#peers = new PeerResolution(options.addresses);
  }

  get state(): ServiceState {
    return this.#state;
  }

  /** What the kernel can enforce; empty as long as it was not asked. */
  get abilities(): readonly SectionAbility[] {
    return this.#abilities;
  }

  get policies(): readonly RuntimePolicy[] {
    return this.#selections.policies;
  }

  /** What the policies in force come to for a container. */
  effectiveFor(workload: Workload): EffectivePolicy | undefined {
    return this.#selections.for(workload);
  }

  /** Puts these policies in force in place of those before. Resolves when every known container has them. */
  use(policies: readonly RuntimePolicy[]): Promise<void> {
    return this.#inTurn(() => this.#use(new Selections(policies)));
  }

  /** Resolves when what was asked for so far is in force. */
  settled(): Promise<void> {
    return this.#changing;
  }

  /** The kernel's enforcement, had for the first time if need be: what can be enforced here. */
  async means(): Promise<readonly SectionAbility[] | { readonly problem: string }> {
    await this.#inTurn(async () => void (await this.#isOpen()));
    if (this.#state.kind === 'unavailable') return { problem: this.#state.problem };
    return this.#abilities;
  }

  /** Gives the kernel back when nothing is in force. */
  rest(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#selections.isAnyActive) await this.#retire();
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#changing.then(work);
    this.#changing = done.catch(() => undefined);
    return done;
  }

  async #use(selections: Selections): Promise<void> {
    this.#selections = selections;
    if (this.#state.kind === 'detached') return;
    if (!selections.isAnyActive) return this.#retire();
    if (!(await this.#isOpen())) return;
    if (!this.#hasLooked) await this.#meetRunning();
    else await Promise.all(this.containers.all.map((known) => this.#settle(known)));
    this.#tellEarly();
    this.#kernel?.sets.unloadUnused();
    this.#kernel?.enforcement.retirePrevious();
  }

  async #isOpen(): Promise<boolean> {
    if (this.#kernel !== undefined) return true;
    if (this.#state.kind === 'detached') return false;
    try {
      const groups = this.#options.groups();
      const enforcement = await this.#options.open();
      const sets = new LoadedSets(enforcement, this.#earlierHits);
      const record = (path: string): Promise<string | undefined> => enforcement.recordDigest(path);
      this.#digests = new ExecutableDigests({ record, say: this.#options.say });
      enforcement.onVerdicts((verdicts) => {
        this.#tell(verdicts);
        this.#hashUnjudged(verdicts);
      });
      this.#abilities = enforcement.abilities;
      this.#kernel = { enforcement, sets, groups };
      this.#state = { kind: 'on' };
      this.#sweeper ??= setInterval(() => void this.sweep(), SWEEP_MS).unref();
      this.#watchPeers();
      return true;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (this.#state.kind !== 'unavailable' || this.#state.problem !== problem)
        this.#options.say(`policies cannot be enforced: ${problem}`);
      this.#state = { kind: 'unavailable', problem };
      return false;
    }
  }

  /** Verdicts from before this agent wait until it knows what the sets that are in force stand for. */
  #tell(verdicts: readonly KernelVerdict[]): void {
    const kernel = this.#kernel;
    if (kernel === undefined || this.#early !== undefined) return void this.#early?.push(...verdicts);
    this.#options.onTraffic(trafficOf(verdicts));
    this.#options.report(this.#findings.recordsOf(verdicts, kernel.sets.knowledgeOf));
  }

  #tellEarly(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    if (early.length > 0) this.#tell(early);
  }

  /** Programs that turned up after their container was bound: they are judged by what they contain from the next start on. */
  #hashUnjudged(verdicts: readonly KernelVerdict[]): void {
    for (const { section, object, cgroup } of verdicts) {
      if (section !== 'process' || object === '') continue;
      const known = this.containers.all.find(({ cgroups }) => cgroups.includes(cgroup));
      const effective = known && this.#selections.for(known.workload);
      const pid = known && this.#kernel && insiderOf(known, this.#kernel.groups);
      if (pid === undefined || effective === undefined || patternsWithDigests(effective).length === 0)
        continue;
      void this.#digests?.hash(`/proc/${pid}/root`, object);
    }
  }

  /** Nothing is in force: the kernel is given back what it holds of ours. */
  async #retire(): Promise<void> {
    const isThere = this.#kernel !== undefined || this.#options.isPinned();
    await this.#letGo();
    if (isThere && this.#options.detachAll())
      this.#options.say('no policy is in force: nothing is enforced any more');
    this.#state = { kind: 'idle' };
  }

  async #letGo(): Promise<void> {
    const kernel = this.#kernel;
    this.#kernel = undefined;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
    clearTimeout(this.#peerWatch);
    this.#peerWatch = undefined;
    this.#hasLooked = false;
    this.#early = [];
    this.containers.clear();
    await kernel?.enforcement.close();
  }

  /** All containers; looked for when nothing is in force and nobody keeps an eye on them. */
  async everyone(): Promise<readonly KnownContainer[]> {
    if (this.#kernel !== undefined && this.#hasLooked) return this.containers.all;
    const found = new KnownContainers(this.#options.holds);
    await Promise.all(
      this.#options
        .groups()
        .running()
        .map(async (request) => {
          const identity = await this.#options.identify(request);
          if (identity.kind === 'container') found.meet(request, identity.info);
        }),
    );
    return found.all;
  }

  /** Containers that run already, whoever started them and whether they do anything or not. */
  async #meetRunning(): Promise<void> {
    const requests = this.#kernel?.groups.running() ?? [];
    this.#hasLooked = true;
    this.#isMeeting = true;
    const met = requests.map(async (request) => {
      const identity = await this.#options.identify(request);
      if (identity.kind === 'container') await this.met(request, identity.info);
    });
    // Whom a runtime does not name in time is bound when it does.
    const patience = new AbortController();
    await Promise.race([
      Promise.all(met),
      sleep(PATIENCE_MS, undefined, { signal: patience.signal }).catch(() => undefined),
    ]);
    patience.abort();
    this.#isMeeting = false;
    await Promise.all(this.containers.all.map((known) => this.#settleWithPeers(known)));
  }

  async #settleWithPeers(known: KnownContainer): Promise<void> {
    const effective = this.#selections.for(known.workload);
    if (effective !== undefined && asksForPeers(effective)) await this.#settle(known);
  }

  /** A container was met, or more became known of it. */
  async met(request: IdentityRequest, info: ContainerInfo): Promise<void> {
    if (this.#kernel !== undefined) await this.#meet(request, info);
  }

  async #meet(request: IdentityRequest, info: ContainerInfo): Promise<void> {
    await this.#settle(this.containers.meet(request, info));
    // It may be who others wait for.
    if (this.#hasLooked) await this.lookForPeers();
  }

  /** A container's last group is gone. */
  ended(id: string): void {
    const known = this.containers.get(id);
    if (known === undefined) return;
    this.#forget(known);
    this.#kernel?.sets.unloadUnused();
  }

  #forget(known: KnownContainer): void {
    this.containers.remove(known);
    this.#options.holds.forget(known.id);
    this.#digests?.forget(known.id);
    for (const cgroup of known.cgroups) this.#findings.forget(cgroup);
  }

  /** Brings what is in force for a container to what its policies say now. Never rejects. */
  async #settle(known: KnownContainer): Promise<void> {
    for (;;) {
      const selections = this.#selections;
      const { workload } = known;
      const selected = selections.for(workload);
      if (selected === undefined) return this.#release(known);
      // Its peers may be met in a moment: without them it would be cut off from those it has now.
      if (this.#isMeeting && asksForPeers(selected)) return;
      const effective = this.#peers.resolve(known, selected, this.containers.all, this.#kernel?.groups);
      const tables = await this.#tablesFor(known, effective);
      if (known.ended || this.#kernel === undefined) return;
      // Either changed while it was compiled: what is in force must be the last of both.
      if (selections !== this.#selections || workload !== known.workload) continue;
      if (tables !== undefined) {
        this.#bind(known, effective, tables);
        if (known.problem === '') known.effectiveId = selected.id;
        this.#survey(known, effective);
      }
      return;
    }
  }

  /** Puts in force where peers are now, for those whose peers have moved. */
  async lookForPeers(): Promise<void> {
    const { groups } = this.#kernel ?? {};
    if (groups === undefined) return;
    const moved = this.#peers.moved(this.containers.all, groups, this.#selections);
    await Promise.all(moved.map((known) => this.#settle(known)));
  }

  #watchPeers(): void {
    this.#peerWatch ??= setTimeout(() => {
      this.#peerWatch = undefined;
      void this.lookForPeers().finally(() => {
        if (this.#kernel !== undefined) this.#watchPeers();
      });
    }, PEERS_MS).unref();
  }

  /** 'loaded' when the kernel has them; undefined when there are none. */
  async #tablesFor(
    known: KnownContainer,
    effective: EffectivePolicy,
  ): Promise<KernelTables | 'loaded' | undefined> {
    const set = this.#kernel?.sets.find(effective);
    const isWanted =
      set !== undefined && this.#kernel?.enforcement.wantsTables?.(set, effective.sections.has('file'));
    if (set !== undefined && isWanted !== true) return 'loaded';
    try {
      const { tables, diagnostics } = await this.compilations.of(effective);
      if (tables === undefined) this.#fault(known, diagnostics[0]?.message ?? 'its policies do not compile');
      return tables;
    } catch (error) {
      this.#fault(known, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  #bind(known: KnownContainer, effective: EffectivePolicy, tables: KernelTables | 'loaded'): void {
    const kernel = this.#kernel;
    if (kernel === undefined) return;
    const { enforcement, sets, groups } = kernel;
    try {
      const set = tables === 'loaded' ? sets.find(effective) : sets.load(effective, tables);
      if (set === undefined) throw new Error('the kernel does not have its policies any more');
      this.compilations.loaded(effective);
      const found = [...known.paths].flatMap((path) => groups.below(path));
      known.cgroups = [
        ...new Set([...(known.question === undefined ? [] : [known.question.cgroup]), ...found]),
      ];
      const bind = (pid: number | undefined): void =>
        enforcement.bind({
          cgroups: known.cgroups,
          set,
          failClosed: [...effective.sections.values()].some((s) => s.enforced && s.onFailure === 'closed'),
          ...(pid === undefined ? {} : { pid }),
          ...(known.imageNs === 0n ? {} : { imageNs: known.imageNs }),
        });
      const pid = insiderOf(known, groups);
      bind(pid);
      // Its program may have been started just then, and would be taken for the runtime.
      const late = pid === undefined && !known.isBeingCreated ? insiderOf(known, groups) : undefined;
      if (late !== undefined) {
        enforcement.unbind(known.cgroups);
        bind(late);
      }
      if (pid === undefined && late === undefined && enforcement.isGuarded?.(set) === true)
        this.#lookAgain(known);
      known.boundAtMs ||= Date.now();
      known.resolvedId = effective.id;
      known.problem = '';
    } catch (error) {
      this.#fault(known, error instanceof Error ? error.message : String(error));
    }
  }

  /** The programs of a container that runs already; those of one that is being created were hashed before. */
  #survey(known: KnownContainer, effective: EffectivePolicy): void {
    const pid = this.#kernel === undefined ? undefined : insiderOf(known, this.#kernel.groups);
    if (pid !== undefined) void this.#digests?.survey(known.id, effective, `/proc/${pid}/root`);
  }

  /** Once its program runs: nothing tells when that is. */
  #lookAgain(known: KnownContainer): void {
    if (known.looks >= MAX_LOOKS) return;
    known.looks += 1;
    setTimeout(() => void this.#settle(known), LOOK_AGAIN_MS).unref();
  }

  /** What was in force for the container stays. */
  #fault(known: KnownContainer, problem: string): void {
    if (known.problem !== problem)
      this.#options.say(`${known.workload.name || known.id} is not under its policies: ${problem}`);
    known.problem = problem;
  }

  #release(known: KnownContainer): void {
    const kernel = this.#kernel;
    if (kernel === undefined) return;
    const bound = kernel.enforcement.bindings();
    const held = known.cgroups.filter((cgroup) => bound.has(cgroup));
    // Its runtime could not be asked: an earlier agent knew better who it is.
    if (!known.identified && known.origin === 'met' && known.effectiveId === undefined && held.length > 0) {
      known.problem = 'its runtime does not say who it is: what an earlier agent put in force stays';
      return;
    }
    if (held.length > 0) kernel.enforcement.unbind(held);
    known.effectiveId = undefined;
    known.resolvedId = undefined;
    known.boundAtMs = 0;
    known.problem = '';
  }

  /** Forgets what is gone, asks again who is not known, and frees what nobody needs. */
  async sweep(): Promise<void> {
    const kernel = this.#kernel;
    if (kernel === undefined) return;
    for (const known of this.containers.all)
      if ([...known.paths].every((path) => kernel.groups.below(path).length === 0)) this.#forget(known);
    kernel.sets.unloadUnused();
    this.#options.holds.sweep(new Set(this.containers.all.map(({ id }) => id)), Date.now());
    for (const { identified, question } of this.containers.all) {
      if (identified || question === undefined) continue;
      const identity = await this.#options.identify(question);
      if (identity.kind === 'container' && identity.info.metadata === 'complete')
        await this.#meet(question, identity.info);
    }
  }

  /** For who creates containers. */
  readonly binder: KernelBinder = {
    problem: (need) => this.#creationProblem(need),
    bind: (container) => this.#bindCreated(container),
  };

  #creationProblem({ sections, handles }: KernelNeed): string | undefined {
    if ('problem' in this.#state) return this.#state.problem;
    if (this.#kernel === undefined) return 'the agent has no policies in force';
    const late = this.#abilities.filter(
      (each) => sections.includes(each.section) && each.mechanism === 'fanotify',
    );
    if (late.length > 0)
      return `${late.map(({ section }) => section).join(', ')}: by fanotify, which begins once the container runs`;
    const missing = this.#abilities.filter(
      (each) => sections.includes(each.section) && lacksMechanism(each, handles),
    );
    if (missing.length === 0) return undefined;
    return missing
      .map(({ section, problem }) => `${section}: ${problem || 'nothing in this kernel enforces it'}`)
      .join('; ');
  }

  async #bindCreated({ id, pid, workload, held, root }: Parameters<KernelBinder['bind']>[0]): Promise<void> {
    const { groups } = this.#kernel ?? {};
    const group = groups?.of(pid);
    if (groups === undefined || group === undefined)
      throw new Error('the container has no cgroup of its own');
    if (groups.isShared(group, pid))
      throw new Error(`processes of the host are in the container's cgroup ${group.path}`);
    const known = this.containers.create(id, group.path, workload, BigInt(Date.now()) * 1_000_000n);
    known.isBeingCreated = true;
    const effective = this.#selections.for(workload);
    if (effective !== undefined) this.containers.expect(id, holdOf(effective, held));
    if (effective !== undefined && root !== undefined) await this.#digests?.survey(id, effective, root);
    await this.#settle(known);
    known.isBeingCreated = false;
    if (known.problem !== '') throw new Error(known.problem);
    if (known.effectiveId === undefined)
      throw new Error('the policies of the agent do not select it (any more)');
  }

  /** A container is created under policies whose sections its specification enforces. */
  created(id: string, workload: Workload, held: readonly SectionName[]): void {
    const effective = this.#selections.for(workload);
    if (effective !== undefined) this.containers.expect(id, holdOf(effective, held));
  }

  /** The way out: takes everything from the kernel, until this agent is started again. True when there was something. */
  async detach(why: string): Promise<boolean> {
    let wasThere = false;
    await this.#inTurn(async () => {
      await this.#letGo();
      wasThere = this.#options.detachAll();
      this.#state = { kind: 'detached', problem: why };
    });
    return wasThere;
  }

  /** How often lines decided. */
  hits(): readonly LineHits[] {
    return this.#kernel?.sets.hits() ?? [...this.#earlierHits.values()];
  }

  sets(): readonly SetReport[] {
    return this.#kernel?.sets.report() ?? [];
  }

  dropped(): ReadonlyMap<SectionName, number> {
    return this.#kernel?.enforcement.dropped() ?? new Map();
  }

  /** Stops looking; what is in force stays in force. */
  async close(): Promise<void> {
    await this.#changing;
    await this.#letGo();
  }
}
