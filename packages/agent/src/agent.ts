import { randomBytes, randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { Worker } from 'node:worker_threads';
import { RunwardError } from '@runward/core';
import type { Detection, EventRecord } from '@runward/detect';
import type { ContainerInfo } from '@runward/events';
import type { RawBlock } from '@runward/evidence';
import type { Playbook } from '@runward/respond/playbooks';
import type { RuleDiagnostic, SourceFile } from '@runward/rules';
import type { RegistryOptions } from '@runward/runtimes';
import type { ProgramState } from '@runward/sensor';
import type { Identity, IdentityRequest } from '@runward/tracker';
import { AgentError } from './error.js';
import type { IdentityService } from './identity-service.js';
import type { InterestReport } from './interest-report.js';
import type { LearnOrders, LearnReport } from './learning/order.js';
import type {
  FromWorker,
  Loss,
  SensorReport,
  ToldProcess,
  ToWorker,
  WorkerMode,
  WorkerSetup,
} from './messages.js';
import type { RecordingHandlers, RecordingReport, RecordingSession, RecordingTarget } from './recording.js';
import type { QuickVerdict } from './respond/quick-response.js';
import type { ContainerReport } from './snapshot.js';
import type { VerdictRecord } from './verdict-desk.js';

export interface AgentOptions {
  readonly mode: WorkerMode;
  /** Also report what happens outside containers. */
  readonly host?: boolean;
  readonly objectPath: string;
  /** Bytes, a power of two; default 8 MiB. */
  readonly ringSize?: number;
  /** How long an event waits for its container's metadata; default 1000. */
  readonly identityTimeoutMs?: number;
  /** Work out {@link Agent.interest}, which costs some milliseconds. */
  readonly explain?: boolean;
  /** Ask the kernel for less of processes that no rule can match; default true. False is for diagnosis. */
  readonly narrow?: boolean;
  /** Where container runtimes are; asked for once the sensor thread is on its way. */
  readonly runtimes?: () => Promise<RegistryOptions>;
  /** Also, or with mode `record` only, keep the events themselves. */
  readonly recording?: { readonly target: RecordingTarget; readonly producer: string } | undefined;
}

export interface AgentHandlers extends RecordingHandlers {
  /** A promise holds back the sensor: it reads no further while too many items are under way. */
  readonly onDetections?: (items: readonly Detection[]) => void | Promise<void>;
  readonly onEvents?: (items: readonly EventRecord[]) => void | Promise<void>;
  /** Problems of the rule files or the filter, errors and warnings, at start and at each reload. */
  readonly onDiagnostics?: (diagnostics: readonly RuleDiagnostic[], accepted: boolean) => void;
  /** A container was met, or more became known of it; may come more than once, of each of its groups. */
  readonly onContainer?: (cgroup: number, container: ContainerInfo, asked: IdentityRequest) => void;
  readonly onContainerEnd?: (id: string) => void;
  /** Totals per type and CPU since the start; called when they grew. */
  readonly onLoss?: (lost: readonly Loss[]) => void;
  /** The sensor thread ended by itself. */
  readonly onFailure?: (error: AgentError) => void;
}

const DEFAULT_RING = 8 * 1024 * 1024;
const DEFAULT_IDENTITY_TIMEOUT_MS = 1000;
/** The sensor thread's young generation, MiB: larger only costs resident memory. */
const YOUNG_GENERATION_MIB = 4;
type Told = Extract<FromWorker, { kind: 'told' }>;

const MOST_MET = 4096;
/** What an eventfd takes: 1 as a 64-bit number. */
const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);

/** A running sensor with rules: one worker thread that watches, this thread that answers and reports. */
export class Agent {
  readonly programs: readonly ProgramState[];
  readonly rules: number;
  /** What the kernel was asked to send, and why; with {@link AgentOptions.explain}. */
  readonly interest: InterestReport | undefined;
  /** How many types of system calls the kernel was asked to send. */
  readonly eventTypes: number;
  /** The last argument of a program that is to prove detection. */
  readonly canaryToken: string;
  readonly #link: WorkerLink;

  private constructor(link: WorkerLink, ready: Extract<FromWorker, { kind: 'ready' }>, canaryToken: string) {
    this.#link = link;
    this.canaryToken = canaryToken;
    this.programs = ready.programs;
    this.rules = ready.report.rules;
    this.interest = ready.interest;
    this.eventTypes = ready.eventTypes;
  }

  /**
   * Starts watching; resolves when the programs are attached and the rules are in force.
   *
   * @throws AgentError AGENT_RULES_REJECTED after `onDiagnostics` told why; AGENT_START_FAILED otherwise
   */
  static async start(options: AgentOptions, handlers: AgentHandlers): Promise<Agent> {
    const setup = setupOf(options);
    const link = new WorkerLink(setup, () => loadIdentities(options.runtimes), handlers);
    if (options.recording !== undefined) link.record(options.recording.target);
    return new Agent(link, await link.ready, setup.canaryToken);
  }

  /** Replaces the rules; resolves to whether they were taken. The old ones stay when they were not. */
  reload(files: readonly SourceFile[]): Promise<boolean> {
    return this.#link.reload(files);
  }

  /** Enabled rules with `source: flow` in force. The sensor does not judge them: whoever counts flows does. */
  get flowRules(): number {
    return this.#link.flowRules;
  }

  /** Containers with living processes, as the sensor sees them now. */
  containers(): Promise<readonly ContainerReport[]> {
    return this.#link.snapshot();
  }

  /** Asks the container runtimes who a cgroup is, as the sensor does when it meets one. Never rejects. */
  identify(request: IdentityRequest, waitMs?: number): Promise<Identity> {
    return this.#link.identify(request, waitMs);
  }

  /** The container a cgroup was found to be not long ago, also when it is gone by now. */
  containerOf(cgroup: number): ContainerInfo | undefined {
    return this.#link.met.get(cgroup);
  }

  /** Tells what policies decided as detections, in the order of the sensor's own. */
  reportVerdicts(items: readonly VerdictRecord[]): void {
    this.#link.reportVerdicts(items);
  }

  /** Learns these workloads from now on, and no others. */
  learn(orders: LearnOrders): void {
    this.#link.learn(orders);
  }

  /** Judges these playbooks, and no others, where detections are made. */
  respondQuickly(playbooks: readonly Playbook[]): void {
    this.#link.pass({ kind: 'playbooks', playbooks });
  }

  /** Responds again to a rule that fitted too many workloads, as far as the sensor's thread responds. */
  resumeRule(rule: string): void {
    this.#link.pass({ kind: 'resume-rule', rule });
  }

  /** Called with what such a playbook decided and did. */
  onQuick(take: (verdict: QuickVerdict) => void): void {
    this.#link.takeQuick = take;
  }

  /** Called with what was learnt: now and then while it grows, at the end of each workload, and at the stop. */
  onLearnt(take: (report: LearnReport) => void): void {
    this.#link.takeLearnt = take;
  }

  /** Everything learnt, as it is now. */
  learnt(): Promise<LearnReport> {
    return this.#link.learnt();
  }

  /** What the sensor has done so far. */
  async report(): Promise<SensorReport> {
    return (await this.#link.tell(undefined)).report;
  }

  /** What the sensor's thread knows of a process. */
  async processOf(pid: number): Promise<ToldProcess> {
    return (await this.#link.tell(pid)).process;
  }

  /** Reports what already happened, detaches, ends the thread. Idempotent. */
  stop(): Promise<SensorReport> {
    return this.#link.stop();
  }

  /** What the recording came to, once everything is written: after {@link stop}. */
  recorded(): Promise<RecordingReport | undefined> {
    return this.#link.recorded();
  }
}

/** Loaded late: what asks the container runtimes must not delay the sensor. */
async function loadIdentities(options: AgentOptions['runtimes']): Promise<IdentityService> {
  const service = await import('./identity-service.js');
  return new service.IdentityService(await options?.());
}

function setupOf(options: AgentOptions): WorkerSetup {
  return {
    mode: options.mode,
    host: options.host ?? false,
    objectPath: options.objectPath,
    ringSize: options.ringSize ?? DEFAULT_RING,
    selfPid: process.pid,
    canaryToken: randomBytes(16).toString('hex'),
    hostname: hostname(),
    identityTimeoutMs: options.identityTimeoutMs ?? DEFAULT_IDENTITY_TIMEOUT_MS,
    inFlight: new SharedArrayBuffer(12),
    recording:
      options.recording === undefined
        ? undefined
        : { recordingId: randomUUID(), producer: options.recording.producer },
    explain: options.explain ?? false,
    narrow: options.narrow ?? true,
  };
}

/** The conversation with the sensor thread. */
class WorkerLink {
  readonly ready: Promise<Extract<FromWorker, { kind: 'ready' }>>;
  readonly #worker: Worker;
  readonly #identities: Promise<IdentityService>;
  readonly #handlers: AgentHandlers;
  readonly #inFlight: Int32Array<SharedArrayBuffer>;
  readonly #stopped = Promise.withResolvers<SensorReport>();
  readonly #ready = Promise.withResolvers<Extract<FromWorker, { kind: 'ready' }>>();
  /** The containers met last, by cgroup. */
  readonly met = new Map<number, ContainerInfo>();
  flowRules = 0;
  #reloads: ((accepted: boolean) => void)[] = [];
  #snapshots: ((items: readonly ContainerReport[]) => void)[] = [];
  #learnt: ((report: LearnReport) => void)[] = [];
  #told: ((told: Told) => void)[] = [];
  takeLearnt: (report: LearnReport) => void = () => undefined;
  takeQuick: (verdict: QuickVerdict) => void = () => undefined;
  readonly #recordingId: string;
  #recording: Promise<RecordingSession> | undefined;
  #wakeFd: number | undefined;
  #isReady = false;
  #stopping = false;
  #ended = false;

  constructor(setup: WorkerSetup, identities: () => Promise<IdentityService>, handlers: AgentHandlers) {
    this.#handlers = handlers;
    this.#recordingId = setup.recording?.recordingId ?? '';
    this.#inFlight = new Int32Array(setup.inFlight);
    this.ready = this.#ready.promise;
    this.#stopped.promise.catch(() => undefined); // told through onFailure; stop() may never be called
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: setup,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB },
    });
    this.#identities = identities();
    void this.#identities.then(async (service) =>
      this.#send({ kind: 'host-accounts', accounts: await service.hostAccounts() }),
    );
    this.#worker.on('message', (message: FromWorker) => this.#receive(message));
    this.#worker.on('error', (error) => this.#fail(`the sensor thread failed: ${error.message}`, '', error));
    this.#worker.on('exit', () => {
      this.#ended = true;
      this.#fail('the sensor thread ended', '');
      void this.#identities.then((service) => service.close());
    });
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
    // Before the thread has begun there is nothing to wake: it reads what waits when it first looks.
    if (this.#wakeFd !== undefined && !this.#ended) writeSync(this.#wakeFd, ONE);
    // Last: whoever sees the flag takes the wake-up back, and must find it.
    Atomics.store(this.#inFlight, 2, 1);
  }

  /** The thread finds the buffer when it looks next; it need not wake for that. */
  #giveBack(buffer: ArrayBuffer): void {
    this.#worker.postMessage({ kind: 'block-returned', buffer } satisfies ToWorker, [buffer]);
    Atomics.store(this.#inFlight, 2, 1);
  }

  #fail(message: string, help: string, cause?: unknown): void {
    const error = new AgentError(this.#isReady ? 'AGENT_STOPPED' : 'AGENT_START_FAILED', message, {
      help,
      cause,
    });
    this.#ready.reject(error);
    this.#stopped.reject(error);
    if (this.#isReady && !this.#stopping) this.#handlers.onFailure?.(error);
    this.#stopping = true;
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case 'begun':
        this.#wakeFd = message.wakeFd;
        return;
      case 'detections':
        void this.#deliver(message.items, this.#handlers.onDetections);
        return;
      case 'events':
        void this.#deliver(message.items, this.#handlers.onEvents);
        return;
      case 'identify':
        void this.#identify(message.request);
        return;
      case 'accounts':
        void this.#identities
          .then((service) => service.accounts(message.root))
          .then((accounts) => {
            this.#send({ kind: 'accounted', cgroup: message.cgroup, accounts });
          });
        return;
      case 'rules':
        if (message.accepted) this.flowRules = message.flowRules;
        this.#handlers.onDiagnostics?.(message.diagnostics, message.accepted);
        if (this.#isReady) this.#reloads.shift()?.(message.accepted);
        else if (!message.accepted) {
          this.#ready.reject(new AgentError('AGENT_RULES_REJECTED', 'the rules have errors'));
        }
        return;
      case 'ready':
        this.#isReady = true;
        this.#ready.resolve(message);
        return;
      case 'recording':
        void this.#recording?.then(
          (session) => session.setHeader(message.header),
          () => undefined,
        );
        return;
      case 'block':
        this.#write(message.block).catch(() => undefined); // told where the recording is made
        return;
      case 'loss':
        this.#handlers.onLoss?.(message.lost);
        return;
      case 'quick':
        this.takeQuick(message.verdict);
        return;
      case 'containers':
        this.#snapshots.shift()?.(message.items);
        return;
      case 'learnt':
        this.takeLearnt(message.report);
        if (message.asked) this.#learnt.shift()?.(message.report);
        return;
      case 'told':
        this.#told.shift()?.(message);
        return;
      case 'container-ended':
        this.#handlers.onContainerEnd?.(message.id);
        return;
      case 'failed':
        this.#fail(
          message.failure.message,
          message.failure.help,
          new RunwardError(message.failure.code, message.failure.message),
        );
        return;
      case 'stopped':
        this.#stopped.resolve(message.report);
    }
  }

  /** Where the blocks go; loaded only when there are any to come. */
  record(target: RecordingTarget): void {
    this.#recording = import('./recording.js').then(
      ({ RecordingSession }) =>
        new RecordingSession(target, this.#recordingId, this.#handlers, () =>
          this.#send({ kind: 'begin-segment' }),
        ),
    );
    this.#recording.catch((error: unknown) => {
      const [message, help] =
        error instanceof RunwardError ? [error.message, error.help] : [String(error), ''];
      this.#fail(message, help, error);
    });
  }

  async recorded(): Promise<RecordingReport | undefined> {
    return (await this.#recording)?.close();
  }

  async #write(block: RawBlock): Promise<void> {
    await (await this.#recording)?.write(block);
    if (!this.#ended) this.#giveBack(block.buffer);
  }

  async #identify(request: IdentityRequest): Promise<void> {
    const identity = await (await this.#identities).identify(request);
    this.#send({ kind: 'identified', cgroup: request.cgroup, identity });
    if (identity.kind !== 'container') return;
    this.#remember(request.cgroup, identity.info);
    this.#handlers.onContainer?.(request.cgroup, identity.info, request);
  }

  #remember(cgroup: number, info: ContainerInfo): void {
    this.met.delete(cgroup);
    this.met.set(cgroup, info);
    const [oldest] = this.met.keys();
    if (this.met.size > MOST_MET && oldest !== undefined) this.met.delete(oldest);
  }

  async identify(request: IdentityRequest, waitMs?: number): Promise<Identity> {
    return (await this.#identities).identify(request, waitMs);
  }

  async #deliver<T>(
    items: readonly T[],
    take?: (items: readonly T[]) => void | Promise<void>,
  ): Promise<void> {
    const taken = take?.(items);
    if (taken !== undefined) await taken;
    Atomics.sub(this.#inFlight, 0, items.length);
    Atomics.notify(this.#inFlight, 0);
  }

  reload(files: readonly SourceFile[]): Promise<boolean> {
    return new Promise((resolve) => {
      this.#reloads.push(resolve);
      this.#send({ kind: 'reload', files });
    });
  }

  tell(pid: number | undefined): Promise<Told> {
    if (this.#ended) return Promise.reject(new AgentError('AGENT_STOPPED', 'the sensor has ended'));
    return new Promise((resolve) => {
      this.#told.push(resolve);
      this.#send({ kind: 'tell', pid });
    });
  }

  reportVerdicts(items: readonly VerdictRecord[]): void {
    if (!this.#ended) this.#send({ kind: 'verdicts', items });
  }

  pass(message: ToWorker): void {
    if (!this.#ended) this.#send(message);
  }

  learn(orders: LearnOrders): void {
    if (!this.#ended) this.#send({ kind: 'learn', orders });
  }

  learnt(): Promise<LearnReport> {
    return new Promise((resolve) => {
      this.#learnt.push(resolve);
      this.#send({ kind: 'tell-learnt' });
    });
  }

  snapshot(): Promise<readonly ContainerReport[]> {
    return new Promise((resolve) => {
      this.#snapshots.push(resolve);
      this.#send({ kind: 'snapshot' });
    });
  }

  stop(): Promise<SensorReport> {
    if (!this.#stopping) {
      this.#stopping = true;
      // The thread may be waiting for items to be taken, which will not happen when nobody reads them.
      Atomics.store(this.#inFlight, 1, 1);
      Atomics.notify(this.#inFlight, 0);
      this.#send({ kind: 'stop' });
    }
    return this.#stopped.promise;
  }
}
