import type { ContainerInfo, ContainerRuntime } from '@runward/events';

/** What `runward doctor` shows of one runtime. */
export interface RuntimeStatus {
  readonly runtime: ContainerRuntime;
  /** Socket or folder asked. */
  readonly endpoint: string;
  /** As the runtime gives it; '' when it has none to give. */
  readonly version: string;
  readonly ok: boolean;
  /** Why not, in plain words; '' when `ok`. */
  readonly problem: string;
}

/** One way of asking one runtime. Safe for concurrent use. */
export interface RuntimeClient {
  readonly runtime: ContainerRuntime;
  readonly endpoint: string;
  /** Knows less than another client of the same runtime: asked only when that one knows nothing. */
  readonly isFallback?: boolean;
  /**
   * Everything known about the container, or undefined when this runtime has none of that id. `cgroupPath`
   * settles which one is meant where a runtime may use a name twice.
   *
   * @throws RuntimesError when the runtime cannot be asked or its answer cannot be used
   */
  lookup(id: string, signal?: AbortSignal, cgroupPath?: string): Promise<ContainerInfo | undefined>;
  /** Running containers. */
  list(signal?: AbortSignal): Promise<readonly ContainerInfo[]>;
  /** Never rejects: problems are part of the status. */
  status(signal?: AbortSignal): Promise<RuntimeStatus>;
  /** Gives back connections. Idempotent. */
  close(): void;
}
