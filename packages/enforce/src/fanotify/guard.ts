import { mkdtempSync, rmdirSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { closeFd, createEventFd } from '@runward/native';
import {
  FAN_OPEN_EXEC_PERM,
  FAN_OPEN_PERM,
  fanotifyAdd,
  fanotifyAllowAll,
  fanotifyFlush,
  fanotifyInit,
} from '@runward/native/fanotify';
import type { KernelTables } from '@runward/policy';
import type { LineCount } from '../contract.js';
import { EnforceError } from '../error.js';
import type { KernelVerdict } from '../verdict.js';
import type { FromAnswerer, GuardSetup, MarkReport, ToAnswerer } from './messages.js';

/** The kernel's marks and bindings, by the descriptors of its maps. */
export interface GuardMaps {
  /** Of `rw_members`. */
  readonly members: number;
  /** Of `rw_bound`. */
  readonly bound: number;
}

export interface GuardedProcess {
  /** Any process of the container that runs, in the host's numbers. */
  readonly pid: number;
  /** As the kernel's bindings name it. */
  readonly set: number;
  readonly imageNs?: bigint;
}

/** What an eventfd takes: 1 as a 64-bit number. */
const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);

/** How long one answer may take before everything is let through. */
const STUCK_MS = 3000;

/**
 * Fanotify permission events: opens and starts of programs in bound containers are denied where no program of the
 * kernel can. In force as long as this process runs: when it ends, however it does, the kernel lets everything through.
 * Who acts is known by the marks of the kernel's programs, which have to be loaded.
 */
export class FanotifyGuard {
  readonly #worker: Worker;
  readonly #setup: GuardSetup;
  readonly #counts = new Map<number, Float64Array>();
  readonly #waiting = new Map<number, PromiseWithResolvers<MarkReport>>();
  readonly #ended: Promise<void>;
  #takeVerdicts: (verdicts: readonly KernelVerdict[]) => void = () => undefined;
  #takeProblem: (text: string) => void = () => undefined;
  #requests = 0;
  #watchdog: NodeJS.Timeout | undefined;
  #isOpen = true;
  #hasEnded = false;

  /** Why it cannot be used here; '' when it can. */
  static problem(): string {
    const fd = fanotifyInit();
    if (fd < 0) return `the kernel refuses fanotify permission events (error ${-fd})`;
    const folder = mkdtempSync(join(tmpdir(), 'runward-fanotify-'));
    const result = fanotifyAdd(fd, 'inode', FAN_OPEN_PERM | FAN_OPEN_EXEC_PERM, folder);
    closeFd(fd);
    rmdirSync(folder);
    return result < 0 ? `the kernel has no fanotify permission events (error ${-result})` : '';
  }

  /** @throws EnforceError ENFORCE_NOT_PERMITTED */
  static async start(maps: GuardMaps): Promise<FanotifyGuard> {
    const problem = FanotifyGuard.problem();
    const fanotify = problem === '' ? fanotifyInit() : -1;
    if (fanotify < 0)
      throw new EnforceError(
        'ENFORCE_NOT_PERMITTED',
        problem || 'the kernel refuses one more fanotify group',
        {
          help: 'run as root, with CAP_SYS_ADMIN, on a kernel with CONFIG_FANOTIFY_ACCESS_PERMISSIONS',
        },
      );
    const guard = new FanotifyGuard({
      ...maps,
      fanotify,
      wake: createEventFd(),
      pulse: new SharedArrayBuffer(8),
    });
    await guard.#ready;
    return guard;
  }

  readonly #ready: Promise<void>;

  private constructor(setup: GuardSetup) {
    this.#setup = setup;
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: setup });
    const ready = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    this.#ready = ready.promise;
    this.#ended = ended.promise;
    this.#worker.on('message', (message: FromAnswerer) => {
      if (message.kind === 'ready') ready.resolve();
      else this.#receive(message);
    });
    this.#worker.on('error', (error) => this.#letThrough(`the thread that answers failed: ${error.message}`));
    this.#worker.on('exit', () => {
      this.#hasEnded = true;
      this.#letThrough('the thread that answers has ended');
      ready.reject(new EnforceError('ENFORCE_LOAD_FAILED', 'the thread that answers did not start'));
      ended.resolve();
    });
    this.#watch();
  }

  /** Gives it the tables of a set the kernel has bound containers to, or will have. */
  load(set: number, tables: KernelTables): void {
    const counts = new SharedArrayBuffer(16 * (tables.lines.length + 1));
    this.#counts.set(set, new Float64Array(counts));
    this.#send({ kind: 'load', set: { number: set, tables, counts } });
  }

  unload(set: number): void {
    this.#counts.delete(set);
    this.#send({ kind: 'unload', set });
  }

  /**
   * Marks a container's mounts, or marks them anew for another set; follows what is mounted later, until its process
   * ends.
   *
   * @throws EnforceError ENFORCE_NOT_GUARDED
   */
  bind({ pid, set, imageNs = 0n }: GuardedProcess): Promise<MarkReport> {
    this.#requests += 1;
    const request = this.#requests;
    const waiting = Promise.withResolvers<MarkReport>();
    if (!this.#isOpen) waiting.reject(notGuarded(pid, 'the thread that answers has ended'));
    else {
      this.#waiting.set(request, waiting);
      this.#send({ kind: 'bind', request, container: { pid, set, imageNs } });
    }
    return waiting.promise.catch((error: unknown) => {
      throw error instanceof EnforceError ? error : notGuarded(pid, String(error));
    });
  }

  unbind(pid: number): void {
    this.#send({ kind: 'unbind', pid });
  }

  /** By line number: what it decided, files alone for lines that allow. */
  counts(set: number): ReadonlyMap<number, LineCount> {
    const numbers = this.#counts.get(set) ?? new Float64Array();
    const found = new Map<number, LineCount>();
    for (let line = 1; 2 * line + 1 < numbers.length; line += 1) {
      const hits = numbers[2 * line] ?? 0;
      if (hits > 0) found.set(line, { hits, lastMs: numbers[2 * line + 1] ?? 0 });
    }
    return found;
  }

  onVerdicts(take: (verdicts: readonly KernelVerdict[]) => void): void {
    this.#takeVerdicts = take;
  }

  /** What is not watched, or no longer: to be shown to people. */
  onProblem(take: (text: string) => void): void {
    this.#takeProblem = take;
  }

  /** Takes all marks away. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    clearInterval(this.#watchdog);
    this.#send({ kind: 'close' });
    await this.#ended;
    closeFd(this.#setup.fanotify);
    closeFd(this.#setup.wake);
  }

  #send(message: ToAnswerer): void {
    if (this.#hasEnded) return;
    this.#worker.postMessage(message);
    writeSync(this.#setup.wake, ONE);
  }

  #receive(message: Exclude<FromAnswerer, { kind: 'ready' }>): void {
    switch (message.kind) {
      case 'verdicts':
        this.#takeVerdicts(message.verdicts);
        break;
      case 'problem':
        this.#takeProblem(message.text);
        break;
      case 'bound':
        this.#waiting.get(message.request)?.resolve(message.report);
        this.#waiting.delete(message.request);
        break;
      case 'refused':
        this.#waiting.get(message.request)?.reject(message.problem);
        this.#waiting.delete(message.request);
        break;
    }
  }

  /** A thread that is stuck would hold up every open of the containers. */
  #watch(): void {
    const pulse = new Int32Array(this.#setup.pulse);
    let last = -1;
    this.#watchdog = setInterval(() => {
      const beats = Atomics.load(pulse, 0);
      const isBusy = Atomics.load(pulse, 1) === 1;
      if (isBusy && beats === last) this.#letThrough(`one answer took longer than ${STUCK_MS} ms`);
      last = isBusy ? beats : -1;
    }, STUCK_MS);
    this.#watchdog.unref();
  }

  #letThrough(why: string): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    clearInterval(this.#watchdog);
    fanotifyFlush(this.#setup.fanotify);
    fanotifyAllowAll(this.#setup.fanotify);
    closeFd(this.#setup.fanotify);
    for (const waiting of this.#waiting.values()) waiting.reject(why);
    this.#waiting.clear();
    this.#takeProblem(`opens are no longer judged: ${why}`);
  }
}

const notGuarded = (pid: number, problem: string): EnforceError =>
  new EnforceError('ENFORCE_NOT_GUARDED', `the container of process ${pid} cannot be guarded: ${problem}`, {
    help: 'see docs/enforcement-fanotify.md for what containers need',
  });
