import type { Detection } from '@runward/detect';
import type { BundleSignature } from '@runward/evidence';
import {
  type BookStats,
  fits,
  type Guidance,
  type Incident,
  IncidentBook,
  type IncidentFilter,
  type IncidentSummary,
  type Retention,
  sightingOf,
  summaryOf,
  type Taken,
} from '@runward/incidents';
import type { Exposure, ResponseRecord } from '@runward/respond';
import type { SourceFile } from '@runward/rules';
import type { Decision, Who } from '@runward/state';
import type { Advice, ProposedException } from './advice.js';
import { IncidentStore } from './incident-store.js';
import { nameOf } from './person.js';
import { toldResponse } from './responses.js';

export interface IncidentServiceOptions {
  /** The state folder. */
  readonly state: string;
  /** The rule files in force. */
  readonly rules: () => readonly SourceFile[];
  readonly say: (message: string) => void;
  /** Takes every change that is more than a count, for the evidence log. */
  readonly record?: (body: IncidentRecord) => void;
  /** Signs the digest of the manifest of a bundle; undefined where nothing can. */
  readonly seal?: (id: string, digest: string, who: Who) => Promise<BundleSignature | undefined>;
  /** What a container holds that others could use; rejects where that cannot be told. */
  readonly exposure?: (containerId: string, pid: number) => Promise<Exposure>;
  readonly now?: () => number;
  readonly retention?: Partial<Retention>;
}

/** What an incident was after a change. */
export interface IncidentRecord
  extends Pick<
    Incident,
    'id' | 'state' | 'severity' | 'score' | 'title' | 'workloads' | 'assignee' | 'count'
  > {
  /** opened, grew, reopened; noted, assigned, contained, resolved, false-positive. */
  readonly change: string;
  /** Undefined where nobody asked. */
  readonly who?: Who;
}

/** `GET /v1/incidents/:id` */
export interface IncidentReport {
  readonly incident: Incident;
  readonly guidance: Guidance;
  /** A policy that would have denied it, in monitor; '' where none could. */
  readonly prevention: string;
}

/** The answer to calling one a false positive. */
export interface FalsePositiveReport {
  readonly incident: Incident;
  readonly exception: ProposedException;
}

const SWEEP_MS = 60_000;

/** Incidents of a running agent: detections in, what operators ask, and the disk. */
export class IncidentService {
  readonly #options: IncidentServiceOptions;
  readonly #store: IncidentStore;
  readonly #book: IncidentBook;
  readonly #listeners = new Set<(incident: Incident, news: Taken['news'] | 'changed') => void>();
  readonly #sweeper: NodeJS.Timeout;
  /** Incidents and containers that are being looked at. */
  readonly #exposing = new Set<string>();
  #advice: { readonly files: readonly SourceFile[]; readonly advice: Advice } | undefined;

  private constructor(options: IncidentServiceOptions, store: IncidentStore, stored: readonly Incident[]) {
    this.#options = options;
    this.#store = store;
    this.#book = new IncidentBook({ retention: options.retention ?? {} }, stored);
    this.#sweep();
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  static async open(options: IncidentServiceOptions): Promise<IncidentService> {
    const store = new IncidentStore(options.state, options.say);
    return new IncidentService(options, store, await store.read());
  }

  /** Each detection with the incident it belongs to. */
  take(detections: readonly Detection[]): readonly Detection[] {
    return detections.map((detection) => {
      const sighting = sightingOf(detection);
      if (sighting === undefined) return detection;
      const { incident, news } = this.#book.take(sighting);
      if (incident === undefined) return detection;
      if (news !== 'counted') this.#record(incident, news);
      this.#changed(incident, news, news !== 'counted');
      if (news !== 'counted') this.#expose(incident, sighting.container.id, detection.process?.pid ?? 0);
      return { ...detection, incident: incident.id };
    });
  }

  /** Looked at as soon as the container is part of an incident: it may be ended the next moment. */
  #expose({ id, exposed }: Incident, container: string, pid: number): void {
    const look = this.#options.exposure;
    const key = `${id} ${container}`;
    if (look === undefined || container === '' || this.#exposing.has(key)) return;
    if (exposed.some((each) => each.container === container)) return;
    this.#exposing.add(key);
    const none = { environment: [], files: [], serviceAccounts: [], leftOut: 0 };
    void look(container, pid)
      .then(
        (found) => ({ ...found, problem: '' }),
        (error: unknown) => ({ ...none, problem: error instanceof Error ? error.message : String(error) }),
      )
      .then((found) => {
        this.#exposing.delete(key);
        const changed = this.#book.expose(id, { container, atMs: this.#now(), ...found });
        if (changed !== undefined) this.#changed(changed, 'changed', true);
      });
  }

  list(filter: IncidentFilter): readonly IncidentSummary[] {
    return this.#book.list().flatMap((incident) => (fits(incident, filter) ? [summaryOf(incident)] : []));
  }

  /** @throws IncidentError INCIDENT_UNKNOWN, INCIDENT_AMBIGUOUS */
  find(id: string): Incident {
    return this.#book.find(id);
  }

  openOf(containerId: string): readonly Incident[] {
    return this.#book.openOf(containerId);
  }

  /** @throws IncidentError */
  async show(id: string): Promise<IncidentReport> {
    const incident = this.#book.find(id);
    const advice = await this.#adviser();
    return { incident, guidance: advice.guidance(incident), prevention: advice.prevention(incident) };
  }

  /** @throws IncidentError */
  note(id: string, text: string, who: Who): Incident {
    return this.#told('noted', who, this.#book.note(id, text, nameOf(who), this.#now()));
  }

  /** @throws IncidentError */
  assign(id: string, assignee: string, who: Who): Incident {
    return this.#told('assigned', who, this.#book.assign(id, assignee, nameOf(who), this.#now()));
  }

  /** @throws IncidentError */
  contain(id: string, why: string, who: Who): Incident {
    return this.#told('contained', who, this.#book.contain(id, why, nameOf(who), this.#now()));
  }

  /** @throws IncidentError */
  resolve(id: string, why: string, who: Who): Incident {
    return this.#told('resolved', who, this.#book.resolve(id, why, nameOf(who), this.#now()));
  }

  /** @throws IncidentError */
  reopen(id: string, why: string, who: Who): Incident {
    return this.#told('reopened', who, this.#book.reopen(id, why, nameOf(who), this.#now()));
  }

  /** @throws IncidentError */
  async callFalsePositive(id: string, why: string, who: Who): Promise<FalsePositiveReport> {
    const advice = await this.#adviser();
    const exception = await advice.exception(this.#book.find(id));
    return {
      incident: this.#told(
        'false-positive',
        who,
        this.#book.callFalsePositive(id, why, nameOf(who), this.#now()),
      ),
      exception,
    };
  }

  /** Puts it on record and signs it; undefined without a log. @throws IncidentError */
  async seal(id: string, digest: string, who: Who): Promise<BundleSignature | undefined> {
    const incident = this.#book.responded(id, 'bundled', digest, nameOf(who), this.#now());
    this.#changed(incident, 'changed', true);
    return this.#options.seal?.(incident.id, digest, who);
  }

  /** Something was done to a container, and is told with what is open about it. */
  responded(containerId: string, what: string, why: string, who: Who): void {
    for (const { id } of this.#book.openOf(containerId))
      this.#told(what, who, this.#book.responded(id, what, why, nameOf(who), this.#now()));
  }

  /** A response that ended, or was undone. */
  response(record: ResponseRecord): void {
    const told = toldResponse(record);
    if (told === undefined) return;
    const { container, what, why, who, contains } = told;
    if (contains) this.contained([container], what, who);
    else this.responded(container, what, why, who);
  }

  /** What was decided about containers changes what is known of their incidents. */
  decided({ action, who, isolation }: Decision): void {
    if (action === 'isolate') this.contained(isolatedIn(isolation), 'isolated', who);
  }

  /** A container was cut off, paused or ended: what was open about it is contained. */
  contained(containerIds: readonly string[], why: string, who: Who): void {
    for (const container of containerIds)
      for (const { id, state } of this.#book.openOf(container))
        if (state !== 'contained') this.contain(id, why, who);
  }

  /** Calls with each incident that changed. Returns what ends it. */
  follow(take: (incident: Incident, news: Taken['news'] | 'changed') => void): () => void {
    this.#listeners.add(take);
    return () => this.#listeners.delete(take);
  }

  /** For `GET /v1/status`. */
  get status(): BookStats & { readonly problem: string } {
    return { ...this.#book.stats, problem: this.#store.problem };
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    await this.#store.close();
  }

  #now(): number {
    return this.#options.now?.() ?? Date.now();
  }

  #told(change: string, who: Who, incident: Incident): Incident {
    this.#record(incident, change, who);
    this.#changed(incident, 'changed', true);
    return incident;
  }

  #record(
    { id, state, severity, score, title, workloads, assignee, count }: Incident,
    change: string,
    who?: Who,
  ): void {
    const facts = { state, severity, score, title, workloads: [...workloads], assignee, count };
    this.#options.record?.({ id, change, ...facts, ...(who === undefined ? {} : { who }) });
  }

  #changed(incident: Incident, news: Taken['news'] | 'changed', matters: boolean): void {
    const { id } = incident;
    this.#store.put(id, () => textOf(this.#book.get(id)), matters);
    if (news === 'opened') this.#dropForgotten();
    for (const listener of this.#listeners) listener(incident, news);
  }

  #sweep(): void {
    this.#book.sweep(this.#now());
    this.#dropForgotten();
  }

  #dropForgotten(): void {
    for (const id of this.#book.takeForgotten()) this.#store.remove(id);
  }

  async #adviser(): Promise<Advice> {
    const files = this.#options.rules();
    if (this.#advice?.files === files) return this.#advice.advice;
    const { Advice } = await import('./advice.js');
    const advice = new Advice(files, this.#options.state);
    this.#advice = { files, advice };
    return advice;
  }
}

/** Ids of the containers a decision to isolate was about. */
function isolatedIn(isolation: unknown): readonly string[] {
  if (typeof isolation !== 'object' || isolation === null || !('containers' in isolation)) return [];
  const { containers } = isolation;
  return Array.isArray(containers)
    ? containers.flatMap((each: unknown) =>
        typeof each === 'object' && each !== null && 'id' in each && typeof each.id === 'string'
          ? [each.id]
          : [],
      )
    : [];
}

const textOf = (incident: Incident | undefined): string | undefined =>
  incident === undefined ? undefined : `${JSON.stringify(incident)}\n`;
