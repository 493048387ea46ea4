import type { AddressNames, ContainerInfo } from '@runward/events';
import {
  type BookEntry,
  type Flow,
  type FlowCounters,
  type FlowFilter,
  type FlowId,
  type FlowReading,
  FlowTable,
  failuresOf,
  joinUnixSockets,
  noCounters,
  openOf,
  type TableEntry,
  type TrafficVerdict,
  type UnixLink,
  VerdictBook,
} from '@runward/flows';
import type { LookUp } from '@runward/flows/analyse';
import { FlowProbe } from '@runward/sensor/flows';
import { NameTable, readDnsQuestion } from '@runward/tracker';
import { Ends } from './ends.js';
import { addressesOf } from './process-facts.js';
import { type ContainerSource, Residents } from './residents.js';
import { Translations } from './translations.js';

export interface FlowServiceOptions {
  /** The compiled programs, build/bpf/flows.bpf.o. */
  readonly objectPath: string;
  readonly containers: ContainerSource;
  /** How often the kernel is read, milliseconds; default 1000. */
  readonly intervalMs?: number;
  /** Default 4096. */
  readonly flowsPerCgroup?: number;
  /** The cgroups whose network a policy judges now. */
  readonly judged?: () => ReadonlySet<number>;
}

/** Of one container: what found no room among its flows. */
export interface Rest {
  readonly self: Flow['self'];
  readonly counters: FlowCounters;
}

/** A flow with all that is known of the container whose sockets were counted. */
export interface FlowSight {
  /** Names the flow, as long as it is the same one. */
  readonly key: string;
  /** Names what policies said of it: verdicts know of no network namespace. */
  readonly policyKey: string;
  readonly flow: Flow;
  readonly container: ContainerInfo | undefined;
  /** Of addresses, as name servers answered this container. */
  readonly names: AddressNames | undefined;
}

const INTERVAL_MS = 1000;
const CAPACITY = 80_000;
const REMEMBER_MS = 10 * 60_000;
/** Longer than a connection attempt is repeated (tcp_syn_retries). */
const QUIET_MS = 130_000;
/** Of a container that has used up half of its room. */
const CROWDED_QUIET_MS = 5000;
const PER_CGROUP = 4096;
const EVERYTHING: FlowFilter = { matches: () => true };
const SURVEY_MS = 5000;
const QUIET_SURVEY_MS = 30_000;
const MOST_NAME_TABLES = 4096;

/** Reads the kernel's counters on a timer and says, when asked, who talks to whom. Works on the main thread. */
export class FlowService {
  readonly #probe: FlowProbe;
  readonly #perCgroup: number;
  readonly #table = new FlowTable({ capacity: CAPACITY, rememberMs: REMEMBER_MS });
  readonly #verdicts = new VerdictBook();
  /** Connections of each flow when it was last looked at. */
  readonly #established = new WeakMap<TableEntry, number>();
  readonly #judged: () => ReadonlySet<number>;
  readonly #names = new Map<number, NameTable>();
  readonly #residents: Residents;
  readonly #translations = new Translations();
  readonly #ends: Ends;
  readonly #timer: NodeJS.Timeout;
  readonly #listeners = new Set<(changed: readonly TableEntry[]) => void>();
  readonly #lookUpListeners = new Set<(lookUps: readonly LookUp[]) => void>();
  /** Denied since the last read, by the entry of the book. */
  readonly #denied = new Set<BookEntry>();
  /** Where a cgroup's sockets were seen last: verdicts do not say. */
  readonly #netnsOf = new Map<number, number>();
  #surveyedAtMs = Number.NEGATIVE_INFINITY;
  /** cgroups that live somewhere the book knows. */
  readonly #dwelling = new Set<number>();
  #hasNews = true;
  #incomplete = 0;
  #problem = '';

  private constructor(probe: FlowProbe, options: FlowServiceOptions) {
    this.#probe = probe;
    this.#perCgroup = options.flowsPerCgroup ?? PER_CGROUP;
    this.#judged = options.judged ?? (() => new Set());
    this.#residents = new Residents(options.containers);
    this.#ends = new Ends(this.#residents, this.#translations, (cgroup) => this.#names.get(cgroup));
    this.#timer = setInterval(() => this.#drainSafely(), options.intervalMs ?? INTERVAL_MS);
    this.#timer.unref();
    this.drain();
  }

  /** @throws SensorError when this kernel does not take the programs */
  static async open(options: FlowServiceOptions): Promise<FlowService> {
    const { objectPath, flowsPerCgroup = PER_CGROUP } = options;
    const probe = await FlowProbe.open({ objectPath, flowsPerCgroup });
    return new FlowService(probe, options);
  }

  /** A defect here must not take the sensor's main thread with it: the status says what it was. */
  #drainSafely(): void {
    try {
      this.drain();
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
    }
  }

  /** Reads the kernel now. */
  drain(): void {
    const nowMs = Date.now();
    const changed: TableEntry[] = [];
    const judged = this.#judged();
    this.#learnNames(nowMs);
    const isWhole = this.#probe.read((reading) => {
      if (!this.#table.take(reading, nowMs)) return;
      const entry = this.#note(reading);
      if (entry === undefined) return;
      changed.push(entry);
      this.#noteAllowed(entry, judged, nowMs);
    });
    if (!isWhole) this.#incomplete += 1;
    this.#survey(nowMs);
    this.#release(nowMs);
    const told = this.#withDenied(changed);
    if (told.length > 0) for (const listener of this.#listeners) listener(told);
  }

  /** What was refused is news as well, even if nothing else happened in the flow, or it never became one. */
  #withDenied(changed: readonly TableEntry[]): readonly TableEntry[] {
    if (this.#denied.size === 0) return changed;
    const all = new Set(changed);
    for (const entry of this.#denied) {
      const netns = this.#netnsOf.get(entry.id.cgroup) ?? 0;
      all.add(this.#table.get({ ...entry.id, netns }) ?? neverBegan(entry));
    }
    this.#denied.clear();
    return [...all];
  }

  #noteAllowed(entry: TableEntry, judged: ReadonlySet<number>, nowMs: number): void {
    const { established } = entry.counters;
    const fresh = established - (this.#established.get(entry) ?? 0);
    this.#established.set(entry, established);
    if (judged.has(entry.id.cgroup)) this.#verdicts.allowed(entry.id, fresh, nowMs);
  }

  /** Every flow that fits, with both ends. */
  async flows(filter: FlowFilter): Promise<Flow[]> {
    return (await this.#entries()).flatMap((entry) => this.#present(entry, filter) ?? []);
  }

  /** Every flow, with all that is known of its container. */
  async sights(): Promise<FlowSight[]> {
    return (await this.#entries()).flatMap((entry) => this.#sight(entry) ?? []);
  }

  async #entries(): Promise<readonly TableEntry[]> {
    this.drain();
    const entries = [...this.#table.entries()];
    // What was refused where it was asked for never became a flow.
    const never = this.#verdicts.without(entries.map(({ id }) => id)).map(neverBegan);
    await this.#known([...entries, ...never]);
    return [...entries, ...never];
  }

  #sight(entry: TableEntry): FlowSight | undefined {
    const flow = this.#present(entry, EVERYTHING);
    const { cgroup, netns, role, protocol, remote, port } = entry.id;
    const rest = `${role} ${protocol} ${remote} ${port}`;
    const [key, policyKey] = [`${cgroup} ${netns} ${rest}`, `${cgroup} ${rest}`];
    const [container, names] = [this.#residents.infoOf(cgroup), this.#names.get(cgroup)];
    return flow && { key, policyKey, flow, container, names };
  }

  /** What policies denied, or would have. */
  takeVerdicts(verdicts: readonly TrafficVerdict[]): void {
    for (const verdict of verdicts) {
      const entry = this.#verdicts.take(verdict, Date.now());
      if (this.#listeners.size > 0) this.#denied.add(entry);
    }
  }

  /** Flows as they appear or change, read by read. */
  follow(filter: FlowFilter, take: (flows: readonly Flow[]) => void): () => void {
    return this.#followEntries((changed) => {
      const flows = changed.flatMap((entry) => this.#present(entry, filter) ?? []);
      if (flows.length > 0) take(flows);
    });
  }

  /** The same with all that is known of their containers. */
  followSights(take: (sights: readonly FlowSight[]) => void): () => void {
    return this.#followEntries((changed) => {
      const sights = changed.flatMap((entry) => this.#sight(entry) ?? []);
      if (sights.length > 0) take(sights);
    });
  }

  #followEntries(take: (changed: readonly TableEntry[]) => void): () => void {
    const listener = (changed: readonly TableEntry[]): void => {
      void this.#known(changed).then(() => take(changed));
    };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What name servers answered, read by read. */
  followLookUps(take: (lookUps: readonly LookUp[]) => void): () => void {
    this.#lookUpListeners.add(take);
    return () => this.#lookUpListeners.delete(take);
  }

  /** Names that were looked up by groups, with the addresses they were answered, as long as these hold. */
  namesOf(cgroups: readonly number[]): readonly { readonly ip: string; readonly names: readonly string[] }[] {
    return cgroups.flatMap((cgroup) => [...(this.#names.get(cgroup)?.entries() ?? [])]);
  }

  unixLinks(): UnixLink[] {
    const merged = new Map<string, UnixLink>();
    for (const { client, server, path, open } of joinUnixSockets(this.#probe.unixSockets())) {
      const from = this.#ends.ofCgroup(client, '');
      const to = this.#ends.ofCgroup(server, '');
      const key = `${from.container?.id ?? from.name} ${to.container?.id ?? to.name} ${path}`;
      if ((from.container?.id ?? from.kind) === (to.container?.id ?? to.kind)) continue;
      merged.set(key, { client: from, server: to, path, open: open + (merged.get(key)?.open ?? 0) });
    }
    return [...merged.values()];
  }

  /** By container: what found no room among its flows. */
  rest(): Rest[] {
    return [...this.#table.entries()].flatMap((entry) =>
      entry.id.role === 'rest' && isUsed(entry.counters)
        ? [{ self: this.#ends.self(entry), counters: entry.counters }]
        : [],
    );
  }

  /** For `GET /v1/status`. */
  get status(): unknown {
    return {
      problem: this.#problem,
      flows: this.#table.size,
      forgotten: this.#table.forgotten.flows,
      verdictsForgotten: this.#verdicts.forgotten,
      noRoom: this.#probe.lost(),
      incompleteReads: this.#incomplete,
      answersLost: this.#probe.answersLost(),
      translations: this.#translations.problem === '' ? 'known' : this.#translations.problem,
    };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
    this.#lookUpListeners.clear();
    this.#probe.close();
  }

  #note(reading: FlowReading): TableEntry | undefined {
    this.#hasNews = true;
    this.#dwelling.add(reading.cgroup);
    this.#netnsOf.set(reading.cgroup, reading.netns);
    if (reading.role === 'rest') return undefined;
    this.#ends.book.noteFlow(reading, reading.local);
    this.#residents.of(reading.cgroup);
    return this.#table.get(reading);
  }

  #learnNames(nowMs: number): void {
    const asked: (Omit<LookUp, 'self'> & { readonly cgroup: number })[] = [];
    this.#probe.answers(({ cgroup, message }) => {
      const table = this.#names.get(cgroup) ?? new NameTable();
      this.#names.delete(cgroup);
      this.#names.set(cgroup, table);
      table.nowMs = nowMs;
      table.learn(message);
      const question = this.#lookUpListeners.size > 0 ? readDnsQuestion(message) : undefined;
      if (question !== undefined) asked.push({ cgroup, bytes: message.length, ...question });
    });
    if (asked.length > 0) void this.#tellLookUps(asked);
    for (const table of this.#names.values()) table.nowMs = nowMs;
    const [oldest] = this.#names.keys();
    if (this.#names.size > MOST_NAME_TABLES && oldest !== undefined) this.#names.delete(oldest);
  }

  async #tellLookUps(asked: readonly (Omit<LookUp, 'self'> & { readonly cgroup: number })[]): Promise<void> {
    for (const { cgroup } of asked) this.#residents.of(cgroup);
    await this.#residents.settled();
    const lookUps = asked.map(({ cgroup, ...rest }) => ({ ...rest, self: this.#ends.ofCgroup(cgroup, '') }));
    for (const listener of this.#lookUpListeners) listener(lookUps);
  }

  /** Where the containers live: also those that said nothing yet. */
  #survey(nowMs: number): void {
    const now = performance.now();
    if (now - this.#surveyedAtMs < (this.#hasNews ? SURVEY_MS : QUIET_SURVEY_MS)) return;
    this.#surveyedAtMs = now;
    this.#hasNews = false;
    for (const address of addressesOf(process.pid)) this.#ends.book.note(address, this.#residents.hostNetns);
    for (const { cgroup, netns, addresses, isHost } of this.#residents.survey()) {
      this.#dwelling.add(cgroup);
      // Of a container on the host's network the addresses are the host's.
      for (const address of isHost ? [] : addresses) this.#ends.book.note(address, netns, cgroup);
    }
    const gone = new Set(this.#residents.gone(this.#dwelling));
    if (gone.size === 0) return;
    this.#ends.book.forget(gone);
    this.#remove(this.#table.ofCgroups(gone), nowMs);
    for (const cgroup of gone) {
      this.#dwelling.delete(cgroup);
      this.#netnsOf.delete(cgroup);
      this.#probe.forget(cgroup);
    }
  }

  /** Gives the room of what is quiet or gone back to the kernel, and forgets what is over since long. */
  #release(nowMs: number): void {
    const crowded = this.#table.crowded(this.#perCgroup / 2);
    const hurried = this.#table.quiet(nowMs, CROWDED_QUIET_MS).filter(({ cgroup }) => crowded.has(cgroup));
    this.#remove(new Set([...this.#table.quiet(nowMs, QUIET_MS), ...hurried]), nowMs);
    this.#table.sweep(nowMs);
    this.#verdicts.sweep(nowMs, REMEMBER_MS);
  }

  #remove(ids: Iterable<FlowId>, nowMs: number): void {
    for (const id of ids) {
      const last = this.#probe.remove(id);
      if (last !== undefined) this.#table.take(last, nowMs);
      this.#table.removed(id);
    }
  }

  async #known(entries: Iterable<TableEntry>): Promise<void> {
    for (const { id } of entries) this.#residents.of(id.cgroup);
    await this.#residents.settled();
  }

  #present(entry: TableEntry, filter: FlowFilter): Flow | undefined {
    const { id, counters } = entry;
    if (id.role === 'rest') return undefined;
    const flow: Flow = {
      ...{ role: id.role, protocol: id.protocol, port: id.port },
      ...{
        self: this.#ends.self(entry),
        peer: this.#ends.peer(entry),
        local: entry.local,
        remote: id.remote,
      },
      ...{ isMapped: entry.isMapped, isGuessed: entry.isGuessed, isRaw: entry.isRaw },
      ...{ counters: { ...counters }, open: openOf(counters), rates: this.#table.ratesOf(id, Date.now()) },
      ...{ policy: this.#verdicts.of(id) },
      ...{ firstSeenMs: entry.firstSeenMs, lastActiveMs: entry.lastActiveMs },
    };
    return filter.matches(flow) ? flow : undefined;
  }
}

/** A flow of which there is nothing but what a policy said. */
const neverBegan = ({ id, firstMs, lastMs }: BookEntry): TableEntry => ({
  ...{ id, local: '', isMapped: false, isGuessed: false, isRaw: false, counters: noCounters() },
  ...{ firstSeenMs: firstMs, lastActiveMs: lastMs },
});

const isUsed = (counters: FlowCounters): boolean =>
  counters.packetsIn + counters.packetsOut + counters.attempts + failuresOf(counters) > 0;
