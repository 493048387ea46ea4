import { randomBytes } from 'node:crypto';
import type { CommandResult } from './process.js';

export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly readonly?: boolean;
}

export interface ContainerOptions {
  /** Unique when left out. */
  readonly name?: string;
  /**
   * `tools` when left out: busybox and the test programs. One with a `/` is a reference that is pulled; what has no store
   * runs `tools` and is told it is that.
   */
  readonly image?: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly mounts?: readonly Mount[];
  readonly privileged?: boolean;
  readonly tty?: boolean;
  readonly hostPid?: boolean;
}

export interface TestContainer {
  readonly id: string;
  readonly name: string;
  /** Of the container's first process, in the host's PID namespace; absent if it ended too early to see. */
  readonly pid?: number;
  exec(args: readonly string[]): Promise<CommandResult>;
  /** The exit code of the container's first process. */
  wait(): Promise<number>;
  /** What the container printed so far; a tty mixes both into `stdout`. */
  output(): Promise<{ stdout: string; stderr: string }>;
  /** Kills what still runs and leaves nothing behind. Safe to call twice. */
  remove(): Promise<void>;
}

export interface FinishedContainer extends CommandResult {
  readonly id: string;
  readonly name: string;
}

export interface TestRuntime {
  readonly name: string;
  /** The API socket that the runtime serves, if it has one; meaningful after the first `start`. */
  readonly socket?: string;
  /** `undefined` if containers run here, else why not. */
  available(): Promise<string | undefined>;
  start(options: ContainerOptions): Promise<TestContainer>;
  /** Starts, waits, removes. */
  runToEnd(options: ContainerOptions): Promise<FinishedContainer>;
  /** Removes every container that is left, stops the daemon, deletes its files. */
  close(): Promise<void>;
}

export function uniqueName(prefix = 'rw'): string {
  return `${prefix}-${randomBytes(5).toString('hex')}`;
}

/** The parts that are the same for every runtime: a list of what was started, and the availability probe. */
export abstract class BaseRuntime implements TestRuntime {
  abstract readonly name: string;
  private readonly started = new Set<TestContainer>();
  private reason: Promise<string | undefined> | undefined;

  protected abstract startContainer(options: ContainerOptions & { name: string }): Promise<TestContainer>;
  /** Binaries, sockets or kernel features that are missing, as one sentence. */
  protected abstract missing(): Promise<string | undefined>;
  protected abstract shutDown(): Promise<void>;

  available(): Promise<string | undefined> {
    this.reason ??= this.probe();
    return this.reason;
  }

  private async probe(): Promise<string | undefined> {
    if (process.getuid?.() !== 0) return 'needs root';
    const missing = await this.missing();
    if (missing !== undefined) return missing;
    try {
      const result = await this.runToEnd({ args: ['true'] });
      return result.code === 0 ? undefined : `\`true\` exited ${result.code}: ${result.stderr.trim()}`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  async start(options: ContainerOptions): Promise<TestContainer> {
    const container = await this.startContainer({ ...options, name: options.name ?? uniqueName() });
    this.started.add(container);
    return container;
  }

  async runToEnd(options: ContainerOptions): Promise<FinishedContainer> {
    const container = await this.start(options);
    try {
      const code = await container.wait();
      return { id: container.id, name: container.name, code, ...(await container.output()) };
    } finally {
      await container.remove();
      this.started.delete(container);
    }
  }

  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const container of this.started) await container.remove().catch((error) => failures.push(error));
    this.started.clear();
    await this.shutDown().catch((error) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, `${this.name} did not clean up`);
  }
}
