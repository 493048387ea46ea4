import type { PathResolver, ProcessInfo } from '@runward/events';
import {
  accountsAskedAnswer,
  cgroupPathAnswer,
  cgroupsAnswer,
  containerIdAnswer,
  FrameKind,
  hostPathAnswer,
  parse,
  pathAnswer,
  processAnswer,
  type SegmentHeader,
} from '@runward/evidence';
import type { ProcessEntry, Surroundings } from '@runward/tracker';

/** Answers that were given and not asked for (yet); damage may leave some behind. */
const MAX_UNASKED = 10_000;

type Fill = (entry: ProcessEntry) => void;

/** What the machine answered when it was recorded, question by question, in the order of the answers. */
export class RecordedMachine implements Surroundings {
  readonly hostMntNs: number;
  readonly hostPidNs: number;
  readonly #answers = new Map<string, unknown[]>();
  #unasked = 0;

  constructor(header: SegmentHeader) {
    this.hostMntNs = header.hostMntNs;
    this.hostPidNs = header.hostPidNs;
  }

  /** Takes an answer; false when the frame is none. Throws Misfit when it is damaged. */
  take(kind: number, json: string): boolean {
    switch (kind) {
      case FrameKind.process: {
        const { pid, facts, image } = parse(processAnswer, json);
        const fill: Fill = (entry) => Object.assign(entry, facts, { image });
        this.#put(`process ${pid}`, fill);
        return true;
      }
      case FrameKind.cgroupPath: {
        const { pid, cgroup, path } = parse(cgroupPathAnswer, json);
        this.#put(`path ${pid} ${cgroup}`, path);
        return true;
      }
      case FrameKind.cgroups:
        this.#put('groups', parse(cgroupsAnswer, json));
        return true;
      case FrameKind.containerId: {
        const { path, id } = parse(containerIdAnswer, json);
        this.#put(`id ${path}`, id);
        return true;
      }
      case FrameKind.accountsAsked: {
        const { cgroup, asked } = parse(accountsAskedAnswer, json);
        this.#put(`accounts ${cgroup}`, asked);
        return true;
      }
      default:
        return false;
    }
  }

  #put(question: string, answer: unknown): void {
    if (this.#unasked >= MAX_UNASKED) this.forget();
    this.#unasked += 1;
    const queue = this.#answers.get(question);
    if (queue === undefined) this.#answers.set(question, [answer]);
    else queue.push(answer);
  }

  /** `T` is what {@link take} puts under this question. */
  #ask<T>(question: string): T | undefined {
    const queue = this.#answers.get(question);
    if (queue === undefined) return undefined;
    const answer = queue.shift();
    this.#unasked -= 1;
    if (queue.length === 0) this.#answers.delete(question);
    return answer as T | undefined;
  }

  /** Everything that was not asked for, after a gap or damage. */
  forget(): void {
    this.#answers.clear();
    this.#unasked = 0;
  }

  readProcess(pid: number, entry: ProcessEntry): void {
    this.#ask<Fill>(`process ${pid}`)?.(entry);
  }
  cgroupPathOf(pid: number, cgroup: number): string | undefined {
    return this.#ask<string>(`path ${pid} ${cgroup}`);
  }
  listCgroups(note: (cgroup: number, path: string) => void): void {
    for (const [cgroup, path] of this.#ask<readonly (readonly [number, string])[]>('groups') ?? []) {
      note(cgroup, path);
    }
  }
  containerIdOf(path: string): string | undefined {
    return this.#ask<string>(`id ${path}`);
  }
  askAccounts(cgroup: number): boolean {
    return this.#ask<boolean>(`accounts ${cgroup}`) ?? false;
  }

  // What these would do was done then, and its outcome is recorded.
  membersOf(): readonly number[] {
    return [];
  }
  mountNamespaceOf(): number {
    return 0;
  }
  identify(): void {}
  markContainer(): void {}
  unmarkContainer(): void {}
}

/** What callers' paths meant, by the event that asked. Where nobody asked, nobody knows. */
export class RecordedPaths implements PathResolver {
  readonly #found = new Map<string, string | undefined>();
  readonly #event: () => number;

  /** `event` tells the number of the event that is looked at. */
  constructor(event: () => number) {
    this.#event = event;
  }

  take(kind: number, json: string): boolean {
    if (kind === FrameKind.path) {
      const { event, path, followLast, found } = parse(pathAnswer, json);
      this.#found.set(`${event} ${followLast} ${path}`, found);
      return true;
    }
    if (kind !== FrameKind.hostPath) return false;
    const { event, path, found } = parse(hostPathAnswer, json);
    this.#found.set(`${event} host ${path}`, found);
    return true;
  }

  /** What was needed to handle one frame is not needed after it. */
  forget(): void {
    if (this.#found.size > 0) this.#found.clear();
  }

  resolve(_: ProcessInfo, path: string, followLast: boolean): string | undefined {
    return this.#found.size === 0 ? undefined : this.#found.get(`${this.#event()} ${followLast} ${path}`);
  }
  hostPath(_: number, __: number, path: string): string | undefined {
    return this.#found.size === 0 ? undefined : this.#found.get(`${this.#event()} host ${path}`);
  }
}
