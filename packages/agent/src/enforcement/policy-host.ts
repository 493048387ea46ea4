import { existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ContainerInfo } from '@runward/events';
import type { TrafficVerdict } from '@runward/flows';
import { DEFAULT_CONFIG, IndexSource, type KernelBinder, type Prepared } from '@runward/oci';
import type { RuntimePolicy } from '@runward/policy';
import type { Decision, Who } from '@runward/state';
import type { Identity, IdentityRequest } from '@runward/tracker';
import type { Route } from '../control/router.js';
import type { CreationOptions } from '../creation/routes.js';
import type { VerdictRecord } from '../verdict-desk.js';
import type { Coverage } from './coverage.js';
import { CreationHolds } from './creation-holds.js';
import type { HeldOutcome, HeldPolicies } from './held-policies.js';
import { type LoadedPolicies, policyRoutes } from './routes.js';
import { judgedGroups } from './traffic.js';

export interface PolicyHostOptions {
  /** Where policies are kept. */
  readonly state: string;
  /** Where the kernel's enforcement is pinned. */
  readonly pinFolder: string;
  /** build/bpf/enforce.bpf.o */
  readonly objectPath: string;
  /** Why this agent enforces nothing, if it is told not to. */
  readonly disabled?: string | undefined;
  readonly identify: (request: IdentityRequest) => Promise<Identity>;
  readonly report: (records: readonly VerdictRecord[]) => void;
  /** Tells the operator. */
  readonly say: (message: string) => void;
  /** Told of every change of policies. */
  readonly onDecision?: (decision: Decision) => void;
}

/** Beside the policies: containers were created through the runtime wrapper. */
const WRAPPER_SEEN = 'runtime-wrapper.json';

/**
 * The policies of this machine in an agent. As long as there are none, nothing of what they need is loaded, and the
 * agent costs what it would without.
 */
export class PolicyHost {
  readonly #options: PolicyHostOptions;
  readonly #index: IndexSource;
  #loading: Promise<LoadedPolicies & { readonly close: () => Promise<void> }> | undefined;
  #loaded: LoadedPolicies | undefined;
  #started: Promise<void> = Promise.resolve();
  #sawWrapper = false;

  constructor(options: PolicyHostOptions) {
    this.#options = options;
    this.#index = new IndexSource(options.state);
  }

  /** Puts in force what is applied. Never rejects: what cannot be put in force is told. */
  start(): Promise<void> {
    this.#started = this.#start();
    return this.#started;
  }

  async #start(): Promise<void> {
    if (!existsSync(this.#index.path) && !existsSync(this.#options.pinFolder)) return;
    try {
      await (await this.#load()).applied.refresh();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#options.say(`the applied policies cannot be put in force: ${why}; what is in force stays`);
    }
  }

  /** Reads the policies again, which something else than this agent may have changed. */
  readonly reload = (): Promise<void> => this.start();

  /** Has exactly these policies of the server besides those that were applied here; what became of each. */
  async hold(documents: readonly HeldPolicies[], who: Who): Promise<readonly HeldOutcome[]> {
    await this.#started;
    if (documents.length === 0 && !existsSync(this.#index.path)) return [];
    const [{ applied }, { holdPolicies }] = await Promise.all([this.#load(), import('./held-policies.js')]);
    return holdPolicies(applied, documents, who);
  }

  met(request: IdentityRequest, info: ContainerInfo): void {
    void this.#loaded?.applied.service.met(request, info);
  }

  /** The groups whose network a policy judges now. */
  readonly judgedGroups = (): ReadonlySet<number> =>
    this.#loaded === undefined ? new Set() : judgedGroups(this.#loaded.applied.service);

  /** What the policies of this machine are for containers, in their order. @throws OciError OCI_INDEX_UNUSABLE */
  async coverage(containers: readonly ContainerInfo[]): Promise<readonly Coverage[]> {
    const policies = await this.#index.policies();
    const [{ coverageOf }, { containerReports }] = await Promise.all([
      import('./coverage.js'),
      import('./reports.js'),
    ]);
    const service = this.#loaded?.applied.service;
    const standings = service && containerReports(service, service.containers.all, undefined);
    const standingOf = new Map((standings ?? []).map((standing) => [standing.container.id, standing]));
    return containers.map((each) => coverageOf(policies, each, standingOf.get(each.id)));
  }

  /** Whom to tell what is denied of connections, or would be. */
  followTraffic(take: (verdicts: readonly TrafficVerdict[]) => void): void {
    this.#onTraffic = take;
  }
  #onTraffic: (verdicts: readonly TrafficVerdict[]) => void = () => undefined;

  ended(id: string): void {
    this.#loaded?.applied.service.ended(id);
  }

  get routes(): readonly Route[] {
    return policyRoutes(async () => {
      await this.#started;
      const isNew = this.#loading === undefined;
      const loaded = await this.#load();
      if (isNew) await loaded.applied.refresh();
      return loaded;
    });
  }

  /** For the routes that runtime wrappers ask. */
  get creation(): Pick<CreationOptions, 'policies' | 'kernel' | 'onAsked' | 'onPrepared'> {
    return {
      policies: () => this.#policiesInForce(),
      kernel: this.#binder,
      onAsked: () => this.#noteWrapper(),
      onPrepared: (prepared) => this.#prepared(prepared),
    };
  }

  /** The applied policies, once the kernel has them too. */
  async #policiesInForce(): Promise<readonly RuntimePolicy[]> {
    const policies = await this.#index.policies();
    if (policies.length === 0) return policies;
    await (this.#loading === undefined ? this.start() : this.#started);
    await this.#loaded?.applied.service.settled();
    return policies;
  }

  readonly #binder: KernelBinder = {
    problem: (need) => {
      const { service } = this.#loaded?.applied ?? {};
      return service === undefined ? 'the agent has no policies in force' : service.binder.problem(need);
    },
    bind: async (container) => (await this.#load()).applied.service.binder.bind(container),
  };

  #prepared({ id, workload, policies, held, changes, notes }: Prepared): void {
    if (workload !== undefined && held !== undefined)
      this.#loaded?.applied.service.created(id, workload, held);
    const said = notes.map(({ message }) => `; ${message}`).join('');
    this.#options.say(`${id} is created under ${policies.join(', ')}: ${changes.length} changes${said}`);
  }

  #noteWrapper(): void {
    if (this.#sawWrapper) return;
    this.#sawWrapper = true;
    try {
      mkdirSync(this.#options.state, { recursive: true, mode: 0o700 });
      writeFileSync(
        join(this.#options.state, WRAPPER_SEEN),
        `${JSON.stringify({ seenAtMs: Date.now() })}\n`,
        { mode: 0o600 },
      );
    } catch {
      // Then only this agent knows.
    }
  }

  #hasWrapper(): boolean {
    return (
      this.#sawWrapper ||
      [join(this.#options.state, WRAPPER_SEEN), DEFAULT_CONFIG].some((path) => existsSync(path))
    );
  }

  #load(): Promise<LoadedPolicies & { readonly close: () => Promise<void> }> {
    this.#loading ??= this.#loadAll();
    return this.#loading;
  }

  async #loadAll() {
    const [
      { AppliedPolicies },
      { EnforcementService },
      { Workshop },
      { answers },
      { PolicyStore },
      { kernelOf },
      { hostAddresses },
    ] = await Promise.all([
      import('./applied-policies.js'),
      import('./service.js'),
      import('./workshop.js'),
      import('./answers.js'),
      import('@runward/state'),
      import('./kernel-door.js'),
      import('./host-addresses.js'),
    ]);
    const { identify, report, say } = this.#options;
    const workshop = new Workshop();
    const kernel = kernelOf(this.#options);
    const holds = new CreationHolds(this.#options.state);
    const service = new EnforcementService({
      ...kernel,
      ...{ identify, report, say, workshop, holds, addresses: hostAddresses },
      onTraffic: (verdicts) => this.#onTraffic(verdicts),
    });
    const store = new PolicyStore(this.#options.state);
    const applied = new AppliedPolicies({
      ...{ store, service, workshop, onDecision: this.#options.onDecision },
      hasWrapper: () => this.#hasWrapper(),
    });
    const close = async (): Promise<void> => {
      await service.close();
      workshop.close();
      kernel.release();
    };
    this.#loaded = { applied, answers };
    return { applied, answers, close };
  }

  /** Stops looking; what is in force stays in force. */
  async close(): Promise<void> {
    await (await this.#loading)?.close();
  }
}

/** Opens a file for its lock; the folder is made if need be. */
export function openLockFile(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return openSync(path, 'a', 0o600);
}
