import type { ContainerInfo, ContainerRuntime } from '@runward/events';
import { parseCgroupPath } from '../cgroup/cgroup-path.js';
import { isContainerId } from '../container-id.js';
import { pathOnlyContainer } from '../container-info.js';
import { messageOf, RuntimesError } from '../error.js';
import { readBoundedFile } from '../io/bounded-file.js';
import { Gate } from '../io/concurrency.js';
import { LIMITS } from '../limits.js';
import type { RuntimeStatus } from '../runtime-client.js';
import { ClientSet } from './client-set.js';
import { DEFAULT_ROOTS, DEFAULT_SOCKETS, type RuntimeRoot, type RuntimeSocket } from './endpoints.js';
import { retryFor } from './retry.js';
import { type Source, tiersFor } from './tiers.js';

export interface RegistryOptions {
  /** In place of `DEFAULT_SOCKETS`. */
  readonly sockets?: readonly RuntimeSocket[];
  /** In place of `DEFAULT_ROOTS`. */
  readonly roots?: readonly RuntimeRoot[];
  /** Limit of one request to one runtime. */
  readonly timeoutMs?: number;
  /** How long a look-up goes on asking before it gives up. */
  readonly waitMs?: number;
}

export interface LookupRequest {
  readonly id: string;
  /** As the kernel names it; names the runtime and the pod. */
  readonly cgroupPath: string;
  /** A process of the container: once it is gone, waiting for metadata ends early. */
  readonly pid: number;
  /**
   * Command lines of ancestors *outside* the container, nearest first: places to look are learned from them, and
   * what is inside a container can claim anything.
   */
  readonly ancestorArgs: readonly (readonly string[])[];
  /** Working folders of the same processes, for relative paths. */
  readonly ancestorCwds?: readonly string[];
  /** When known better than the path tells. */
  readonly runtime?: ContainerRuntime;
  /** How long to wait for a runtime that does not know it yet; one that runs for long is known at once, or never. */
  readonly waitMs?: number;
}

const WAIT_MS = 3_000;
/** With nobody to ask there is little to wait for, but a state folder may be about to appear. */
const WAIT_UNASKED_MS = 200;

/** The runtimes of this machine as one place to ask who a container is. Safe for concurrent use. */
export class RuntimeRegistry {
  private readonly gate = new Gate(LIMITS.concurrency);
  private readonly underWay = new Map<string, Promise<ContainerInfo>>();
  private readonly closing = new AbortController();

  private constructor(
    private readonly set: ClientSet,
    private readonly waitMs: number,
  ) {}

  /** Finds the runtimes that are there now; later ones are found by later look-ups. Never rejects. */
  static async discover(options: RegistryOptions = {}): Promise<RuntimeRegistry> {
    const { sockets = DEFAULT_SOCKETS, roots = DEFAULT_ROOTS, timeoutMs = LIMITS.timeoutMs } = options;
    const set = new ClientSet(sockets, roots, { timeoutMs });
    await set.refresh();
    return new RuntimeRegistry(set, options.waitMs ?? WAIT_MS);
  }

  /**
   * Who the container is. When no runtime says so in time, the answer is `path-only` and says why. Look-ups of
   * one id under way at once share their answer; `signal` ends only the caller's own wait.
   *
   * @throws RuntimesError `RUNTIME_CLOSED`
   */
  lookup(request: LookupRequest, signal?: AbortSignal): Promise<ContainerInfo> {
    if (this.closing.signal.aborted) {
      return Promise.reject(new RuntimesError('RUNTIME_CLOSED', 'the runtime registry is closed'));
    }
    const shared =
      request.waitMs === undefined
        ? (this.underWay.get(request.id) ?? this.begin(request))
        : this.resolve(request);
    return signal === undefined ? shared : Promise.race([shared, cancelled(request, signal)]);
  }

  /** All running containers of all runtimes; runtimes that do not answer are left out. */
  async list(signal?: AbortSignal): Promise<readonly ContainerInfo[]> {
    await this.set.refresh();
    const ordered = [...this.set.clients].sort(
      (a, b) => Number(a.isFallback ?? false) - Number(b.isFallback ?? false),
    );
    const lists = await Promise.all(ordered.map((client) => client.list(signal).catch(() => [])));
    const byId = new Map<string, ContainerInfo>();
    for (const container of lists.flat()) if (!byId.has(container.id)) byId.set(container.id, container);
    return [...byId.values()];
  }

  /** One line per endpoint found, for `runward doctor`. */
  async status(signal?: AbortSignal): Promise<readonly RuntimeStatus[]> {
    await this.set.refresh();
    const all = await Promise.all(this.set.clients.map((client) => client.status(signal)));
    const byEndpoint = new Map<string, RuntimeStatus>();
    // Where two protocols share a socket, one that answers is enough.
    for (const status of all)
      if (byEndpoint.get(status.endpoint)?.ok !== true) byEndpoint.set(status.endpoint, status);
    return [...byEndpoint.values()];
  }

  /** Ends what is under way (as `path-only`) and gives back connections. Idempotent. */
  close(): void {
    this.closing.abort();
    this.set.close();
  }

  private begin(request: LookupRequest): Promise<ContainerInfo> {
    const answer = this.resolve(request).finally(() => this.underWay.delete(request.id));
    this.underWay.set(request.id, answer);
    return answer;
  }

  private async resolve(request: LookupRequest): Promise<ContainerInfo> {
    const runtime = request.runtime ?? runtimeOfPath(request.cgroupPath);
    if (!isContainerId(request.id)) {
      return pathOnly(request, runtime, 'its id has characters no container runtime allows');
    }
    const problems = new Map<string, string>();
    const attempt = (): Promise<ContainerInfo | undefined> =>
      this.gate.run(() => this.ask({ ...request, runtime }, problems));
    const patienceMs = request.waitMs ?? this.waitMs;
    const waitMs = this.set.clients.length === 0 ? Math.min(WAIT_UNASKED_MS, patienceMs) : patienceMs;
    const isOver = await watchEnd(request.pid);
    const startedAtMs = performance.now();
    const found = await retryFor(attempt, { waitMs, signal: this.closing.signal, isOver });
    if (found !== undefined) return found;
    const waited = Math.round(performance.now() - startedAtMs);
    return pathOnly(request, runtime, describe(problems, waited, this.closing.signal.aborted));
  }

  private async ask(
    request: LookupRequest & { readonly runtime: ContainerRuntime },
    problems: Map<string, string>,
  ): Promise<ContainerInfo | undefined> {
    await this.set.refresh();
    problems.clear();
    for (const tier of tiersFor(this.set.clients, request)) {
      const found = await firstAnswer(tier, this.closing.signal, problems);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

const runtimeOfPath = (path: string): ContainerRuntime => parseCgroupPath(path)?.runtime ?? 'unknown';

/** Asks all at once; the first to know wins and the others are told to stop. */
async function firstAnswer(
  tier: readonly Source[],
  signal: AbortSignal,
  problems: Map<string, string>,
): Promise<ContainerInfo | undefined> {
  const done = new AbortController();
  const either = AbortSignal.any([signal, done.signal]);
  const asked = tier.map(async (source) => {
    try {
      const answer = await source.lookup(either);
      if (answer !== undefined) return answer;
      if (!done.signal.aborted) problems.set(source.name, 'does not know it');
    } catch (problem) {
      if (!done.signal.aborted) problems.set(source.name, messageOf(problem));
    }
    throw new Error('no answer');
  });
  const found = await Promise.any(asked).catch(() => undefined);
  done.abort();
  return found;
}

/** Says whether a process that was there at the start is gone. One that was never visible proves nothing. */
async function watchEnd(pid: number): Promise<() => Promise<boolean>> {
  const isThere = async (): Promise<boolean> =>
    pid > 0 && (await readBoundedFile(`/proc/${pid}/stat`, 4096).catch(() => undefined)) !== undefined;
  const wasThere = await isThere();
  return async () => wasThere && !(await isThere());
}

function pathOnly(request: LookupRequest, runtime: ContainerRuntime, problem: string): ContainerInfo {
  const podUid = parseCgroupPath(request.cgroupPath)?.podUid;
  const container = pathOnlyContainer(request.id, runtime, problem);
  if (podUid === undefined) return container;
  const pod = {
    name: '',
    namespace: '',
    uid: podUid,
    sandboxId: '',
    labels: new Map<string, string>(),
    ip: '',
  };
  return { ...container, pod };
}

function describe(problems: ReadonlyMap<string, string>, waitedMs: number, isClosed: boolean): string {
  if (isClosed) return 'the look-up was ended because Runward stops';
  if (problems.size === 0) return 'no container runtime was found that could know it';
  const parts = [...problems].map(([source, problem]) => `${source}: ${problem}`);
  return `no answer within ${waitedMs} ms; ${parts.join('; ')}`;
}

const cancelled = (request: LookupRequest, signal: AbortSignal): Promise<ContainerInfo> =>
  new Promise((resolve) => {
    const end = (): void =>
      resolve(
        pathOnly(request, request.runtime ?? runtimeOfPath(request.cgroupPath), 'the look-up was cancelled'),
      );
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
