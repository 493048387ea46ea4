import type { RecordKind, SentRecord, UplinkRecord } from '@runward/protocol';
import type { Condition } from '../filter/index.js';

/** Whose records they are, as the server knows it: nobody writes in another's name. */
export interface Origin {
  readonly nodeId: string;
  readonly node: string;
  readonly cluster: string;
  /** When they arrived, by the server's clock. */
  readonly receivedMs: number;
  /** By how much the node's clock is ahead of the server's. */
  readonly skewMs: number;
}

export interface Appended {
  readonly stored: number;
  /** They were there already. */
  readonly doubled: number;
  /** Numbers that were skipped: the node made such records, and they did not arrive. */
  readonly missing: number;
}

export type StoredRecord = UplinkRecord & Origin;

/** Which records; what is left out is not asked for. */
export interface TelemetryFilter {
  /** By the node's clock: from this moment on, and before that. */
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly kinds?: readonly RecordKind[];
  readonly clusters?: readonly string[];
  readonly nodes?: readonly string[];
  readonly namespaces?: readonly string[];
  readonly workloads?: readonly string[];
  readonly containers?: readonly string[];
  readonly rules?: readonly string[];
  readonly priorities?: readonly string[];
  readonly incidents?: readonly string[];
  /** What else has to hold of it. */
  readonly condition?: Condition;
  /** Only what lies in one of these; `*` is any. Of none: nothing. */
  readonly within?: readonly Within[];
}

/** Whose records somebody may see. */
export interface Within {
  readonly cluster: string;
  readonly namespace: string;
  readonly workload: string;
}

export interface Page {
  /** The latest first. */
  readonly records: readonly StoredRecord[];
  /** For what follows; undefined: there is no more. Nothing that comes meanwhile moves it. */
  readonly cursor: string | undefined;
}

/** A record, and where it stands in the order in which they were stored: positions only grow. */
export interface Arrival {
  readonly position: number;
  readonly record: StoredRecord;
}

/** Which incidents; of each the last that its node told is looked at. */
export interface IncidentFilter extends TelemetryFilter {
  readonly states?: readonly string[];
}

/** How incidents stand, and how many of them. */
export interface IncidentCount {
  readonly state: string;
  readonly severity: string;
  readonly count: number;
}

export const COUNT_BY = [
  'kind',
  'cluster',
  'node',
  'namespace',
  'workload',
  'rule',
  'priority',
  'incident',
] as const;
export type CountBy = (typeof COUNT_BY)[number];

export interface Count {
  /** The beginning of the span. */
  readonly atMs: number;
  /** What `by` has there; '' without it. */
  readonly value: string;
  readonly count: number;
}

export interface CountQuery {
  readonly filter: TelemetryFilter;
  readonly bucketMs: number;
  readonly by?: CountBy;
}

export const GROUP_BY = [...COUNT_BY, 'container'] as const;
export type GroupBy = (typeof GROUP_BY)[number];

/** Of which kinds numbers in bodies can be added up. */
export const SUMMED = 'sums';
export const SUMMED_KINDS: readonly RecordKind[] = ['flow'];

export interface GroupQuery {
  readonly filter: TelemetryFilter;
  /** Records that have the same of all of these are one group. */
  readonly by: readonly GroupBy[];
  /** Numbers in bodies of {@link SUMMED_KINDS} that are added up, each by the names that lead to it: `['sums', 'bytesIn']`. */
  readonly sums: readonly (readonly string[])[];
}

export interface Group {
  readonly latest: StoredRecord;
  readonly count: number;
  readonly firstMs: number;
  /** In the order they were asked; what is no number, or below 0, counts as 0. */
  readonly sums: readonly number[];
}

export interface Groups {
  /** Those that were told of last first. */
  readonly groups: readonly Group[];
  /** False: there are more than were asked for. */
  readonly isWhole: boolean;
}

/**
 * Where records of nodes are kept. Each implementation passes the same suite (`testing/contract.ts`), so which one it is
 * shows nowhere else.
 */
export interface Telemetry {
  /**
   * Resolves when they are durable: then, and only then, they may be acknowledged. All of them are stored or none. Records
   * of one `boot` come in the order of their numbers; one that is not above the last is there already.
   *
   * @throws ServerError SERVER_STORE_FAILED
   */
  append(origin: Origin, records: readonly SentRecord[]): Promise<Appended>;
  /**
   * Of a condition on what is in bodies so many records are looked at, and the page may have fewer than were asked for, or
   * none, with a cursor: there is more as long as there is one.
   *
   * @throws ServerError SERVER_STORE_FAILED, SERVER_INVALID for a cursor that is none
   */
  query(filter: TelemetryFilter, limit: number, cursor?: string): Promise<Page>;
  /** Each incident as its node told it last, the latest first. @throws ServerError SERVER_STORE_FAILED, SERVER_INVALID */
  incidents(filter: IncidentFilter, limit: number, cursor?: string): Promise<Page>;
  /** How many there are by state and severity. @throws ServerError SERVER_STORE_FAILED */
  countIncidents(filter: IncidentFilter): Promise<readonly IncidentCount[]>;
  /** By time, only spans that have something. @throws ServerError SERVER_STORE_FAILED, SERVER_INVALID */
  count(query: CountQuery): Promise<readonly Count[]>;
  /** Records that belong together: the latest of each group, and sums. @throws ServerError SERVER_STORE_FAILED */
  group(query: GroupQuery, limit: number): Promise<Groups>;
  /** Removes what the node's clock has before that; of one kind, or of all. How many. */
  prune(beforeMs: number, kind?: RecordKind): Promise<number>;
  /** The position of the last that was stored; 0: none. */
  readonly position: number;
  /** What was stored behind a position, in the order of positions. @throws ServerError SERVER_STORE_FAILED, SERVER_INVALID */
  since(filter: TelemetryFilter, position: number, limit: number): Promise<readonly Arrival[]>;
  /** Calls with what is stored from now on, once it is durable, in the order of positions. Returns what ends it. */
  follow(listener: (arrivals: readonly Arrival[]) => void): () => void;
  /** What was handed in before is durable. */
  close(): Promise<void>;
}
