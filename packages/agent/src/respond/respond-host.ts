import { join } from 'node:path';
import type { Detection } from '@runward/detect';
import type { ContainerInfo } from '@runward/events';
import type { Asker, Exposure, Order, Responder, ResponseRecord, Subject } from '@runward/respond';
import type { Playbook } from '@runward/respond/playbooks';
import type { ResponseSettings } from '@runward/respond/settings';
import type { RegistryOptions } from '@runward/runtimes';
import type { Identity, IdentityRequest } from '@runward/tracker';
import type { CaptureService } from '../capture/capture-service.js';
import type { Route } from '../control/router.js';
import type { EvidenceSink } from '../evidence/evidence-host.js';
import type { IsolationHost } from '../isolation/isolation-host.js';
import type { PlaybookDecision, PlaybookStatus, QuickThread } from './playbook-desk.js';
import type { PlaybookService } from './playbook-service.js';
import type { QuickVerdict } from './quick-response.js';
import { respondRoutes } from './routes.js';
import type { RunningContainer, RunningGroups } from './subjects.js';

export interface RespondHostOptions {
  /** Where records and snapshots are kept. */
  readonly state: string;
  readonly isolation: IsolationHost;
  readonly runtimes: () => Promise<RegistryOptions>;
  readonly identify: (request: IdentityRequest) => Promise<Identity>;
  readonly known: (cgroup: number) => ContainerInfo | undefined;
  readonly say: (message: string) => void;
  /** Takes each response when it is complete and when it is undone, and what playbooks decide. */
  readonly evidence: EvidenceSink;
  /** Told the same, for the incidents of the container. */
  readonly onResponse?: (record: ResponseRecord) => void;
  /** Whom responses may ask. */
  readonly settings: ResponseSettings;
  /** What is done about detections; without any nothing is. */
  readonly playbooks: readonly Playbook[];
  /** The sensor's thread, where playbooks that end a process are judged. */
  readonly quick?: QuickThread;
}

export interface RespondStatus {
  readonly inForce: readonly ResponseRecord[];
  /** The last that are not in force any more, or never were; the newest first. */
  readonly history: readonly ResponseRecord[];
  /** '' or why records are not kept. */
  readonly problem: string;
  readonly playbooks: PlaybookStatus;
}

export interface RespondAnswer {
  /** One for each container. */
  readonly responses: readonly ResponseRecord[];
}

const MOST_SHOWN = 200;

interface Loaded {
  readonly responder: Responder;
  readonly playbooks: PlaybookService;
  readonly groups: RunningGroups;
}

/** Responses in an agent. What they need is loaded with the start, after the sensor. */
export class RespondHost {
  readonly #options: RespondHostOptions;
  #loading: Promise<Loaded> | undefined;
  #loaded: Loaded | undefined;
  #problem = '';
  #captures: (() => Promise<CaptureService>) | undefined;

  constructor(options: RespondHostOptions) {
    this.#options = options;
  }

  get routes(): readonly Route[] {
    return respondRoutes(this);
  }

  /** Finishes what an earlier agent left unfinished. Never rejects. */
  async start(): Promise<void> {
    try {
      await (await this.#load()).responder.recover();
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
      this.#options.say(`responses cannot be looked after: ${this.#problem}`);
    }
  }

  /** For `GET /v1/status`. */
  get summary(): unknown {
    return { problem: this.#problem };
  }

  /** @throws ControlError CONTROL_NOT_FOUND, CONTROL_CONFLICT; RespondError RESPOND_ORDER_INVALID */
  async respond(container: string, order: Order, by: Asker, why: string): Promise<RespondAnswer> {
    const { responder } = await this.#load();
    const { chooseTargets } = await import('../isolation/targets.js');
    const { subjectOf } = await import('./subjects.js');
    const running = await this.#running();
    // What names them is the same as for isolation; groups are found from processes here.
    const chosen = chooseTargets(
      running.map((each) => ({ ...each, cgroups: [] })),
      container,
    );
    const ids = new Set(chosen.map(({ info }) => info.id));
    const subjects = running.filter(({ info }) => ids.has(info.id)).map(subjectOf);
    const meant = order.action === 'kill-process' ? await holding(subjects, order.pid) : subjects;
    return {
      responses: await Promise.all(meant.map((subject) => responder.respond({ subject, order, by, why }))),
    };
  }

  /** @throws RespondError RESPOND_UNKNOWN, RESPOND_NO_UNDO */
  async undo(id: string, by: Asker): Promise<ResponseRecord> {
    return (await this.#load()).responder.undo(id, by);
  }

  async status(): Promise<RespondStatus> {
    const { responder, playbooks } = await this.#load();
    this.#reconcile(responder);
    const inForce = responder.inForce;
    const holds = new Set(inForce.map(({ id }) => id));
    const history = responder.records.filter(({ id }) => !holds.has(id)).slice(-MOST_SHOWN);
    return {
      inForce,
      history: history.toReversed(),
      problem: responder.problem,
      playbooks: playbooks.desk.status,
    };
  }

  /** Who keeps what is seen of containers, for the action `capture`. */
  captureBy(captures: () => Promise<CaptureService>): void {
    this.#captures = captures;
  }

  /** What a container holds, by a process of it that was seen, or by its id where that has ended. @throws RespondError */
  async exposure(id: string, pid: number): Promise<Exposure> {
    const { ContainerGroups, exposureOf } = await import('@runward/respond');
    try {
      return exposureOf(ContainerGroups.of({ id, name: '', pids: pid > 0 ? [pid] : [] }));
    } catch (error) {
      const found = await this.#find(id);
      if (found === undefined) throw error;
      return exposureOf(ContainerGroups.of(found));
    }
  }

  met(container: ContainerInfo): void {
    this.#whenLoaded(({ playbooks }) => playbooks.met(container));
  }

  ended(containerId: string): void {
    this.#whenLoaded(({ responder, playbooks }) => {
      responder.ended(containerId);
      playbooks.ended(containerId);
    });
  }

  /** Playbooks judge them; those that come while this is being loaded wait for that. */
  take(detections: readonly Detection[]): void {
    this.#whenLoaded(({ playbooks }) => playbooks.take(detections));
  }

  /** What the sensor's thread decided and did. */
  takeQuick(verdict: QuickVerdict): void {
    this.#whenLoaded(({ playbooks }) => void playbooks.desk.takeQuick(verdict));
  }

  /** Other playbooks from now on. */
  replacePlaybooks(playbooks: readonly Playbook[]): void {
    this.#whenLoaded((loaded) => loaded.playbooks.desk.replace(playbooks));
  }

  /** @throws RespondError RESPOND_UNKNOWN */
  async approve(id: string, by: Asker): Promise<PlaybookDecision> {
    return (await this.#load()).playbooks.desk.approve(id, by.kind === 'person' ? by.who : by);
  }

  /** @throws RespondError RESPOND_UNKNOWN */
  async refuse(id: string, by: Asker): Promise<PlaybookDecision> {
    return (await this.#load()).playbooks.desk.refuse(id, by.kind === 'person' ? by.who : by);
  }

  /** Responds again to a rule that fitted too many workloads, or to all of them; those it was. */
  async resume(rule: string | undefined): Promise<{ readonly resumed: readonly string[] }> {
    const { desk } = (await this.#load()).playbooks;
    const rules = new Set(rule === undefined ? desk.status.open.map((each) => each.rule) : [rule]);
    return { resumed: [...rules].filter((each) => desk.resume(each)) };
  }

  /** What waits for an answer is forgotten; what is in force stays. */
  close(): void {
    this.#loaded?.playbooks.desk.close();
  }

  #whenLoaded(act: (loaded: Loaded) => void): void {
    if (this.#loaded !== undefined) act(this.#loaded);
    else void this.#load().then(act, () => undefined); // told by `start`
  }

  /** Somebody may have released by `runward release`, or the time was over. */
  #reconcile(responder: Responder): void {
    const isolated = new Set(this.#options.isolation.isolated.map(({ id }) => id));
    for (const { target, undo, id } of responder.inForce)
      if (undo.length > 0 && undo.every(({ step }) => step === 'release') && !isolated.has(target.id))
        responder.over(id, 'it is not isolated any more');
  }

  async #running(): Promise<readonly RunningContainer[]> {
    const { groups } = await this.#load();
    const { runningContainers } = await import('./subjects.js');
    const { known, identify } = this.#options;
    return runningContainers(groups, { known, identify });
  }

  async #find(id: string): Promise<Subject | undefined> {
    const { subjectOf } = await import('./subjects.js');
    const found = (await this.#running()).find(({ info }) => info.id === id);
    return found && subjectOf(found);
  }

  #load(): Promise<Loaded> {
    this.#loading ??= this.#open().catch((error: unknown) => {
      this.#loading = undefined; // the next who asks may find it mended
      throw error;
    });
    return this.#loading;
  }

  async #open(): Promise<Loaded> {
    const [{ Journal, Responder }, { HostGroups }, { isolatingHands }, runtimes] = await Promise.all([
      import('@runward/respond'),
      import('../enforcement/host-groups.js'),
      import('./isolating-hands.js'),
      this.#options.runtimes(),
    ]);
    const { state, isolation, say, evidence, onResponse } = this.#options;
    const [{ DEFAULT_SOCKETS }, { PlaybookService }, { responseBody, decisionBody }] = await Promise.all([
      import('@runward/runtimes'),
      import('./playbook-service.js'),
      import('./evidence-bodies.js'),
    ]);
    const hands = isolatingHands({
      isolation: () => isolation.service(),
      engines: runtimes.sockets ?? DEFAULT_SOCKETS,
      snapshotFolder: join(state, 'snapshots'),
      settings: this.#options.settings,
      scriptFolder: join(state, 'scripts'),
      captures: () => this.#captures?.(),
    });
    const responder = new Responder({
      ...{ hands, say, journal: new Journal(join(state, 'responses.jsonl')) },
      find: (id) => this.#find(id),
      onRecord: (record) => {
        void evidence.append('response', responseBody(record));
        onResponse?.(record);
      },
    });
    const playbooks = new PlaybookService({
      ...{ responder, say, playbooks: this.#options.playbooks, quick: this.#options.quick },
      find: (id) => this.#find(id),
      onDecision: (decision) => void evidence.append('response', decisionBody(decision)),
    });
    this.#loaded = { responder, playbooks, groups: new HostGroups() };
    return this.#loaded;
  }
}

/** Of a pod's containers the one that has the process; where none has, the first says so. */
async function holding(subjects: readonly Subject[], pid: number): Promise<readonly Subject[]> {
  const { ContainerGroups } = await import('@runward/respond');
  const has = (subject: Subject): boolean => {
    try {
      return ContainerGroups.of(subject).has(pid);
    } catch {
      return false; // it ended meanwhile
    }
  };
  const found = subjects.find(has) ?? subjects[0];
  return found === undefined ? [] : [found];
}
