import { FILE_OPERATIONS } from '../model/policy.js';
import type {
  ContainerCoverage,
  FileObservation,
  NameObservation,
  NetworkObservation,
  ProcessObservation,
  ProfileCoverage,
  Seen,
  SessionCoverage,
  WorkloadProfile,
} from './profile.js';

const MAX_SAMPLES = 8;
const MAX_BY = 16;

/**
 * What either profile has seen. Merging is commutative, associative and idempotent, so it does not matter how often
 * or in which order the profiles of nodes and recordings come together; to that end counts are the larger of the two,
 * while containers and sessions are told apart by their ids and count once. Both are of one workload; where their
 * names differ, the one that sorts first stays.
 */
export function mergeProfiles(a: WorkloadProfile, b: WorkloadProfile): WorkloadProfile {
  return {
    format: 1,
    workload: compare(a.workload, b.workload) > 0 ? b.workload : a.workload,
    images: union(a.images, b.images),
    imageDigests: union(a.imageDigests, b.imageDigests),
    namespaces: union(a.namespaces, b.namespaces),
    containerNames: union(a.containerNames, b.containerNames),
    coverage: mergeCoverage(a.coverage, b.coverage),
    processes: mergeBy(a.processes, b.processes, (p) => `${p.path}\0${p.parent}`, mergeProcess),
    files: mergeBy(a.files, b.files, (f) => f.path, mergeFile),
    network: mergeBy(
      a.network,
      b.network,
      (n) => `${n.operation}\0${n.family}\0${n.protocol}\0${n.address}\0${`${n.port}`.padStart(5, '0')}`,
      mergeNetwork,
    ),
    capabilities: mergeBy(a.capabilities, b.capabilities, (n) => n.name, mergeName),
    syscalls: mergeBy(a.syscalls, b.syscalls, (n) => n.name, mergeName),
    kernelSurface: mergeBy(a.kernelSurface, b.kernelSurface, (n) => n.name, mergeName),
    privilege: {
      setuidExecution: a.privilege.setuidExecution || b.privilege.setuidExecution,
      gainedPrivileges: a.privilege.gainedPrivileges || b.privilege.gainedPrivileges,
      wroteRoot: a.privilege.wroteRoot || b.privilege.wroteRoot,
      uids: [...new Set([...a.privilege.uids, ...b.privilege.uids])].sort((x, y) => x - y),
    },
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const union = (a: readonly string[], b: readonly string[], limit = Number.POSITIVE_INFINITY) =>
  [...new Set([...a, ...b])].sort(compare).slice(0, limit);

function mergeBy<T>(
  a: readonly T[],
  b: readonly T[],
  keyOf: (item: T) => string,
  merge: (x: T, y: T) => T,
): readonly T[] {
  const merged = new Map<string, T>();
  for (const item of [...a, ...b]) {
    const key = keyOf(item);
    const known = merged.get(key);
    merged.set(key, known === undefined ? item : merge(known, item));
  }
  return [...merged].sort(([x], [y]) => compare(x, y)).map(([, item]) => item);
}

const mergeSeen = (a: Seen, b: Seen): Seen => ({
  count: Math.max(a.count, b.count),
  firstMs: Math.min(a.firstMs, b.firstMs),
  lastMs: Math.max(a.lastMs, b.lastMs),
  startup: a.startup || b.startup,
  steady: a.steady || b.steady,
  replicas: Math.max(a.replicas, b.replicas),
});

const mergeProcess = (a: ProcessObservation, b: ProcessObservation): ProcessObservation => ({
  ...a,
  ...mergeSeen(a, b),
  argumentSamples: union(a.argumentSamples, b.argumentSamples, MAX_SAMPLES),
  upperLayer: a.upperLayer || b.upperLayer,
  memfd: a.memfd || b.memfd,
  setuid: a.setuid || b.setuid,
});

/** What is known of a mount wins over not knowing; two answers (a volume moved) are told in one order. */
function mergeMount(a: FileObservation['mount'], b: FileObservation['mount']): FileObservation['mount'] {
  if (a === b || b === 'unknown') return a;
  return a === 'unknown' || b < a ? b : a;
}

/** As the watcher has them; what is none of the known stays behind them. */
const byOperation = (a: string, b: string): number => rankOf(a) - rankOf(b);
const RANKS: ReadonlyMap<string, number> = new Map(FILE_OPERATIONS.map((name, rank) => [name, rank]));
const rankOf = (operation: string): number => RANKS.get(operation) ?? RANKS.size;

const mergeFile = (a: FileObservation, b: FileObservation): FileObservation => ({
  ...a,
  ...mergeSeen(a, b),
  operations: union(a.operations, b.operations).toSorted(byOperation),
  by: union(a.by, b.by, MAX_BY),
  ownerOnly: a.ownerOnly && b.ownerOnly,
  mount: mergeMount(a.mount, b.mount),
});

const mergeNetwork = (a: NetworkObservation, b: NetworkObservation): NetworkObservation => ({
  ...a,
  ...mergeSeen(a, b),
  names: union(a.names, b.names, MAX_BY),
  by: union(a.by, b.by, MAX_BY),
});

const mergeName = (a: NameObservation, b: NameObservation): NameObservation => ({
  ...a,
  ...mergeSeen(a, b),
  by: union(a.by, b.by, MAX_BY),
  evidence: a.evidence === 'seen' ? 'seen' : b.evidence,
});

const mergeContainer = (a: ContainerCoverage, b: ContainerCoverage): ContainerCoverage => ({
  id: a.id,
  firstMs: Math.min(a.firstMs, b.firstMs),
  lastMs: Math.max(a.lastMs, b.lastMs),
  watchedMs: Math.max(a.watchedMs, b.watchedMs),
  fromStart: a.fromStart || b.fromStart,
});

const mergeSession = (a: SessionCoverage, b: SessionCoverage): SessionCoverage => ({
  id: a.id,
  lostRecords: Math.max(a.lostRecords, b.lostRecords),
});

function mergeCoverage(a: ProfileCoverage, b: ProfileCoverage): ProfileCoverage {
  const containers = mergeBy(a.containers ?? [], b.containers ?? [], (c) => c.id, mergeContainer);
  const sessionList = mergeBy(a.sessionList ?? [], b.sessionList ?? [], (s) => s.id, mergeSession);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  // Profiles without lists (written by hand) still have their numbers.
  const atLeast = (numbers: readonly [number, number], listed: number): number =>
    Math.max(...numbers, listed);
  const omitted = Object.fromEntries(
    union(Object.keys(a.omitted ?? {}), Object.keys(b.omitted ?? {})).map((what) => [
      what,
      Math.max(a.omitted?.[what] ?? 0, b.omitted?.[what] ?? 0),
    ]),
  );
  const counted = [a.callsCounted, b.callsCounted];
  const callsCounted = counted.includes(true) ? true : counted.includes(undefined) ? undefined : false;
  const first = [a.firstMs, b.firstMs].filter((ms) => ms > 0);
  return {
    firstMs: first.length === 0 ? 0 : Math.min(...first),
    lastMs: Math.max(a.lastMs, b.lastMs),
    watchedMs: atLeast([a.watchedMs, b.watchedMs], sum(containers.map((c) => c.watchedMs))),
    replicas: atLeast([a.replicas, b.replicas], containers.length),
    starts: atLeast([a.starts, b.starts], containers.filter((c) => c.fromStart).length),
    sessions: atLeast([a.sessions, b.sessions], sessionList.length),
    lastNewMs: Math.max(a.lastNewMs, b.lastNewMs),
    lostRecords: atLeast([a.lostRecords, b.lostRecords], sum(sessionList.map((s) => s.lostRecords))),
    containers,
    sessionList,
    ...(callsCounted === undefined ? {} : { callsCounted }),
    omitted,
  };
}
