import { parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { CanaryRule, type Detection, Detector, NO_NOISE_CONTROL, NoiseFilter } from '@runward/detect';
import { eventTypeById, fieldCatalogue, type RingView, RwKind, SYSCALLS } from '@runward/events';
import type { Recorder } from '@runward/evidence';
import { drainEventFd, setThreadPriority } from '@runward/native';
import { observe } from '@runward/policy/observe';
import type { Playbook } from '@runward/respond/playbooks';
import { compileFilter, judgedRules, loadRules, type RuleSet, type SourceFile } from '@runward/rules';
import { parseCgroupPath } from '@runward/runtimes/cgroup-path';
import { type Kernel, Sensor } from '@runward/sensor';
import { type Interest, interestOfRules, interestOfTypes, wholeTypes } from './interest.js';
import { reportInterest } from './interest-report.js';
import type { LearnOrders } from './learning/order.js';
import type { ThreadLearning } from './learning/thread-learning.js';
import { load } from './load-module.js';
import { LossWatch } from './loss-watch.js';
import { releaseStartupMemory } from './memory.js';
import type { SensorReport, ToWorker, WorkerSetup } from './messages.js';
import { Narrower } from './narrower.js';
import { Outbox } from './outbox.js';
import { type ProcessJudge, STANDINGS } from './process-interest.js';
import type { QuickResponse } from './respond/quick-response.js';
import { reportContainers } from './snapshot.js';
import { post, postBlock } from './thread-post.js';
import type { ThreadRecording } from './thread-recording.js';
import { toldProcess } from './told-process.js';
import { VerdictDesk } from './verdict-desk.js';

/** In the text of a filter: it wants names of addresses. */
const NAME_FIELD = /fd\.[sclr]ip\.name/;
const POLL_MS = 250;
const LOSS_CHECK_MS = 1000;
const FAVOURED = -10;
/** Types of events every container has. */
const COMMON_TYPES = ['openat', 'execve', 'connect', 'open'];
const CONTAINER_STANDINGS = STANDINGS.filter((standing) => standing !== 'host');

/** Kernel events in, detections out. Blocks in epoll; messages wake it by an eventfd. */
export class SensorThread {
  readonly #setup: WorkerSetup;
  readonly #wakeFd: number;
  readonly #inFlight: Int32Array<SharedArrayBuffer>;
  #begun: Sensor | undefined;
  #onEvent: (view: RingView) => void = () => undefined;
  readonly #noise: NoiseFilter;
  readonly #verdicts: VerdictDesk;
  #verdictCount = 0;
  #recording: ThreadRecording | undefined;
  #recorder: Recorder | undefined;
  #recordFilter: ((view: RingView) => boolean) | undefined;
  #detector: Detector | undefined;
  #judged: RingView | undefined;
  readonly #canary: CanaryRule;
  readonly #outbox: Outbox;
  readonly #losses = new LossWatch();
  #detectionCount = 0;
  #rules: RuleSet | undefined;
  #narrower: Narrower | undefined;
  #processes: ProcessJudge | undefined;
  #interest: Interest | undefined;
  #learning: ThreadLearning | undefined;
  #learningAsked = false;
  #quick: QuickResponse | undefined;
  #preparation: Generator<void> | undefined;
  #calls = 0;
  #running = true;
  #lossCheckedAtMs = 0;
  #isFresh = true;

  /**
   * Reads the rules while the kernel is still verifying the programs; attaches when both are done.
   *
   * @throws RulesRejected when the rules or the filter have errors; SensorError from `loading`
   */
  static async start(setup: WorkerSetup, wakeFd: number, loading: Promise<Kernel>): Promise<SensorThread> {
    const thread = new SensorThread(setup, wakeFd);
    const interest = thread.#prepare();
    await thread.#prepareRecorder();
    thread.#begin(await loading, interest);
    return thread;
  }

  private constructor(setup: WorkerSetup, wakeFd: number) {
    this.#setup = setup;
    this.#wakeFd = wakeFd;
    this.#inFlight = new Int32Array(setup.inFlight);
    this.#outbox = new Outbox(this.#inFlight);
    this.#canary = new CanaryRule({ parentPid: setup.selfPid, token: setup.canaryToken });
    const noise = setup.mode.kind === 'rules' ? setup.mode.noise : undefined;
    this.#noise = new NoiseFilter(noise ?? NO_NOISE_CONTROL, this.#outbox.detection);
    this.#verdicts = new VerdictDesk({
      hostname: setup.hostname,
      patienceMs: setup.identityTimeoutMs,
      emit: (detection) => {
        this.#verdictCount += 1;
        this.#onDetection(detection);
      },
    });
  }

  /** Set by {@link start} before anything else can run. */
  get #sensor(): Sensor {
    if (this.#begun === undefined) throw new Error('the sensor thread was used before it began');
    return this.#begun;
  }

  #begin(kernel: Kernel, interest: Interest): void {
    const setup = this.#setup;
    this.#describeRecording(interest);
    this.#begun = new Sensor(kernel, {
      hostname: setup.hostname,
      identityTimeoutMs: setup.identityTimeoutMs,
      classify: (path) => parseCgroupPath(path)?.id,
      identify: (request) => post({ kind: 'identify', request }),
      readAccounts: (cgroup, root) => post({ kind: 'accounts', cgroup, root }),
      onEvent: (view) => {
        if (view.kind <= RwKind.RW_K_FD) this.#calls += 1;
        this.#onEvent(view);
        this.#learning?.observe(view);
        this.#narrower?.heard(view);
      },
      onContainerEnd: ({ id }) => {
        this.#detector?.endContainer(id);
        this.#learning?.endContainer(id);
        post({ kind: 'container-ended', id });
      },
      journal: this.#recorder,
    });
    this.#sensor.watch(this.#wakeFd);
    this.#apply(interest);
    setThreadPriority(FAVOURED);
    post({
      kind: 'ready',
      programs: this.#sensor.programs,
      report: this.#report(),
      interest: setup.explain ? reportInterest(interest, this.#rules && judgedRules(this.#rules)) : undefined,
      eventTypes: SYSCALLS.filter((call) => interest.callOf(call).scope !== 0).length,
    });
  }

  /** Rules and filters are read before anything is attached: a bad file costs nothing. */
  #prepare(): Interest {
    const { mode, host } = this.#setup;
    if (mode.kind === 'snapshot') return interestOfTypes(new Set(), host);
    if (mode.kind === 'events') return this.#useFilter(mode.filter, (view) => this.#outbox.event(view));
    if (mode.kind === 'record') return this.#prepareRecording(mode.filter, mode.files);
    const rules = this.#load(mode.files);
    if (rules === undefined) throw new RulesRejected();
    return this.#useRules(rules);
  }

  #prepareRecording(filter: string, files: readonly SourceFile[] | undefined): Interest {
    let kept = false;
    let interest = this.#useFilter(filter, () => {
      kept = true;
    });
    if (files !== undefined) {
      const rules = this.#load(files);
      if (rules === undefined) throw new RulesRejected();
      interest = interestOfRules(judgedRules(rules), this.#setup.host);
    }
    const test = this.#onEvent;
    if (filter !== '') {
      this.#recordFilter = (view) => {
        kept = false;
        test(view);
        return kept;
      };
    }
    this.#onEvent = (view) => this.#recorder?.judge(view);
    return interest;
  }

  /** What only a recording needs is loaded only for one. */
  async #prepareRecorder(): Promise<void> {
    const { recording } = this.#setup;
    if (recording === undefined) return;
    const { ThreadRecording } = await import('./thread-recording.js');
    this.#recording = new ThreadRecording(this.#setup, recording, postBlock, this.#recordFilter);
    this.#recorder = this.#recording.recorder;
  }

  #describeRecording(interest: Interest): void {
    const header = this.#recording?.headerOf(interest);
    if (header !== undefined) post({ kind: 'recording', header });
  }

  #load(files: readonly SourceFile[]): RuleSet | undefined {
    const { value, diagnostics } = loadRules(files, { catalogue: fieldCatalogue });
    const flowRules = value?.flowRules?.filter(({ enabled }) => enabled).length ?? 0;
    post({ kind: 'rules', accepted: value !== undefined, diagnostics, flowRules });
    return value;
  }

  #useRules(rules: RuleSet): Interest {
    const { mode, host } = this.#setup;
    const allMatches = mode.kind === 'rules' && mode.allMatches;
    const detector = new Detector(rules, { host, allMatches, canary: this.#canary }, this.#detector);
    this.#detector = detector;
    this.#rules = rules;
    this.#onEvent = (view) => {
      this.#judged = view;
      detector.judge(view, this.#onRule);
    };
    return interestOfRules(judgedRules(rules), host);
  }

  #useFilter(text: string, take: (view: RingView) => void): Interest {
    const { host } = this.#setup;
    const hostToo = (view: RingView): boolean => host || view.container !== undefined;
    const everything = new Set([...eventTypeById.values()].map((t) => t.name));
    if (text === '') {
      this.#onEvent = (view) => {
        if (hostToo(view)) take(view);
      };
      return interestOfTypes(everything, host);
    }
    const { value, diagnostics } = compileFilter<RingView>(text, fieldCatalogue);
    post({ kind: 'rules', accepted: value !== undefined, diagnostics, flowRules: 0 });
    if (value === undefined) throw new RulesRejected();
    this.#onEvent = (view) => {
      if (hostToo(view) && value.test(view, view.typeName)) take(view);
    };
    return interestOfTypes(new Set(value.eventTypes), host, NAME_FIELD.test(text));
  }

  #apply(rules: Interest): void {
    this.#interest = rules;
    const interest = this.#withLearning(rules);
    // A recording says which event types it has; what rules of today cannot use, those of tomorrow may.
    const whole = this.#setup.recording === undefined ? interest : wholeTypes(interest);
    const { callOf, open, dataBytes, environment, processes, answers } = whole;
    this.#sensor.applyInterest(callOf, open, dataBytes, environment, answers);
    this.#narrower = undefined;
    this.#processes = this.#setup.narrow ? processes : undefined;
    this.#preparation = this.#prepareForEvents();
    if (this.#processes === undefined) return;
    const { kernel } = this.#sensor;
    kernel.beginNarrowing();
    this.#narrower = new Narrower(this.#processes, kernel);
  }

  #withLearning(rules: Interest): Interest {
    const learning = this.#learning;
    if (learning === undefined) return rules;
    const { withLearning } = load<typeof import('./learning/learn-interest.js')>(
      './learning/learn-interest.js',
    );
    return withLearning(rules, ({ container }) => container !== undefined && learning.learns(container));
  }

  #learn(orders: LearnOrders): void {
    if (this.#learning === undefined) {
      if (orders.orders.length === 0) return;
      const { ThreadLearning } = load<typeof import('./learning/thread-learning.js')>(
        './learning/thread-learning.js',
      );
      this.#learning = new ThreadLearning(this.#sensor, orders.session, this.#losses.total, (report) =>
        post({ kind: 'learnt', report, asked: this.#learningAsked }),
      );
    }
    this.#learning.set(orders);
    if (this.#learning.isEmpty) {
      this.#learning.close();
      this.#learning = undefined;
    }
    if (this.#interest !== undefined) this.#apply(this.#interest);
  }

  #tellLearnt(): void {
    if (this.#learning === undefined) {
      post({ kind: 'learnt', report: { profiles: [], missing: [] }, asked: true });
      return;
    }
    this.#learningAsked = true;
    this.#learning.tellAll();
    this.#learningAsked = false;
  }

  #respondQuickly(playbooks: readonly Playbook[]): void {
    this.#sensor.hurry(playbooks.length > 0);
    if (this.#quick !== undefined) this.#quick.replace(playbooks);
    else if (playbooks.length > 0) {
      const { QuickResponse } = load<typeof import('./respond/quick-response.js')>(
        './respond/quick-response.js',
      );
      this.#quick = new QuickResponse(playbooks, (verdict) => post({ kind: 'quick', verdict }));
    }
  }

  readonly #onRule = (detection: Detection): void => {
    const view = this.#judged;
    this.#quick?.take(detection, view?.container);
    this.#onDetection(view === undefined ? detection : { ...detection, actions: observe(view) });
  };

  readonly #onDetection = (detection: Detection): void => {
    this.#detectionCount += 1;
    this.#noise.take(detection);
  };

  run(): void {
    while (this.#running) {
      const before = performance.now();
      const count = this.#sensor.poll(this.#preparation === undefined ? POLL_MS : 0);
      this.#outbox.flush();
      this.#readMessages();
      if (!this.#verdicts.isEmpty) this.#verdicts.advance(this.#sensor, performance.now());
      this.#learning?.tick(Date.now());
      if (count === 0) this.#prepareMore();
      const now = performance.now();
      if (now - this.#lossCheckedAtMs > LOSS_CHECK_MS) {
        this.#lossCheckedAtMs = now;
        this.#reportLoss();
        this.#noise.advance(Date.now());
      }
      // It takes a tenth of a second: not while there is something to see.
      if (this.#isFresh && count === 0 && now - before >= POLL_MS) {
        this.#isFresh = false;
        releaseStartupMemory();
      }
    }
    // What the ring still holds happened before the stop; it is reported too.
    for (let left = 1; left > 0; ) left = this.#sensor.poll(0);
    this.#sensor.releaseAll();
    this.#verdicts.close(this.#sensor);
    this.#noise.close();
    this.#outbox.flush();
    this.#reportLoss();
    this.#learning?.tellAll();
    this.#recorder?.finish();
    const report = this.#report();
    this.#sensor.close();
    post({ kind: 'stopped', report });
  }

  /**
   * What the first events would have to wait for is got ready in small steps while nothing happens. It is not done
   * before the start, which would wait for it as well.
   */
  *#prepareForEvents(): Generator<void> {
    for (const type of COMMON_TYPES) {
      this.#detector?.prepare(type);
      yield;
    }
    const standings = this.#setup.host ? STANDINGS : CONTAINER_STANDINGS;
    for (const standing of standings)
      if (this.#processes !== undefined) yield* this.#processes.prepare(standing);
  }

  #prepareMore(): void {
    if (this.#preparation?.next().done === true) this.#preparation = undefined;
  }

  #readMessages(): void {
    // Looking into the port costs tens of microseconds; the flag is raised after the message and the wake-up.
    if (parentPort === null || Atomics.exchange(this.#inFlight, 2, 0) === 0) return;
    drainEventFd(this.#wakeFd);
    for (let m = receiveMessageOnPort(parentPort); m !== undefined; m = receiveMessageOnPort(parentPort)) {
      this.#handle(m.message as ToWorker); // the main thread of this package is the only sender
    }
  }

  #handle(message: ToWorker): void {
    switch (message.kind) {
      case 'identified':
        this.#sensor.identified(message.cgroup, message.identity);
        return;
      case 'accounted':
        this.#sensor.accounted(message.cgroup, message.accounts);
        return;
      case 'host-accounts':
        this.#sensor.setHostAccounts(message.accounts);
        return;
      case 'reload': {
        const rules = this.#load(message.files);
        if (rules === undefined) return;
        const interest = this.#useRules(rules);
        this.#apply(interest);
        // What a recording carries follows from the rules: what comes now is another segment.
        this.#describeRecording(interest);
        this.#recorder?.beginSegment();
        return;
      }
      case 'snapshot':
        post({ kind: 'containers', items: reportContainers(this.#sensor) });
        return;
      case 'verdicts':
        this.#verdicts.take(message.items, this.#sensor, performance.now());
        return;
      case 'block-returned':
        this.#recorder?.returned(message.buffer);
        return;
      case 'begin-segment':
        this.#recorder?.beginSegment();
        return;
      case 'learn':
        this.#learn(message.orders);
        return;
      case 'tell-learnt':
        this.#tellLearnt();
        return;
      case 'tell': {
        const process = toldProcess(message.pid, this.#sensor, this.#canary);
        post({ kind: 'told', report: this.#report(), process });
        return;
      }
      case 'playbooks':
        this.#respondQuickly(message.playbooks);
        return;
      case 'resume-rule':
        this.#quick?.resume(message.rule);
        return;
      case 'stop':
        this.#running = false;
    }
  }

  #reportLoss(): void {
    const news = this.#losses.look(this.#sensor.kernel);
    if (news === undefined) return;
    this.#learning?.lost(this.#losses.total);
    if (news.hasLostEnds) this.#sensor.endMissing();
    this.#recorder?.loss(news.lost);
    post({ kind: 'loss', lost: news.lost });
  }

  #countRules(): number {
    const { rules = [], correlations = [] } = this.#rules ?? {};
    return [...rules, ...correlations].filter((rule) => rule.enabled).length;
  }

  #report(): SensorReport {
    const cpu = process.cpuUsage();
    return {
      ...this.#sensor.stats,
      detections: this.#detectionCount,
      verdicts: this.#verdictCount,
      noise: this.#noise.stats,
      correlations: this.#detector?.correlations ?? { groups: 0, bytes: 0, evicted: 0 },
      lost: this.#losses.lost(this.#sensor.kernel),
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
      rules: this.#countRules(),
      calls: this.#calls,
      narrowed: this.#narrower?.judged ?? 0,
      recording: this.#recorder?.stats,
    };
  }
}

/** The diagnostics are already on their way; there is nothing to add. */
export class RulesRejected extends Error {}
