import { Detector } from '@runward/detect';
import { type RingView, RwHdr, RwKind } from '@runward/events';
import { judgedRules, type RuleSet } from '@runward/rules';
import { type Narrowing, type Program, slotOf } from '@runward/sensor';
import { interestOfRules } from '../interest.js';
import { Narrower, type NarrowingTarget } from '../narrower.js';
import { kernelSends } from './kernel-model.js';

/** What came of a trial: numbers of system calls, and of detections per rule. */
export interface TrialResult {
  readonly calls: number;
  /** Sent when interest is by event type alone. */
  readonly byType: number;
  /** Sent when it is by process as well, were the reader never late. */
  readonly byProcess: number;
  readonly judged: number;
  /** Detections with every event, and with those sent by process. */
  readonly detections: ReadonlyMap<string, number>;
  readonly narrowDetections: ReadonlyMap<string, number>;
}

interface Slot {
  readonly program: Program;
  readonly narrowing: Narrowing;
}

/** The kernel's table of processes as plain objects. */
class Table implements NarrowingTarget {
  readonly #slots = new Map<number, Slot>();

  of({ pid, startNs, execId, cgroup }: Program): Narrowing | undefined {
    const slot = this.#slots.get(slotOf(pid));
    const known = slot?.program;
    const isSame =
      known?.pid === pid && known.startNs === startNs && known.execId === execId && known.cgroup === cgroup;
    return isSame ? slot?.narrowing : undefined;
  }
  isNarrowed(program: Program): boolean {
    return this.of(program) !== undefined;
  }
  narrow(program: Program, { types, opens }: Narrowing): void {
    this.#slots.set(slotOf(program.pid), { program, narrowing: { types: types.slice(), opens } });
  }
}

/** Events that were recorded whole, sent through a model of the kernel side: what is saved, and that nothing is lost. */
export class InterestTrial {
  readonly #interest;
  readonly #narrower: Narrower | undefined;
  readonly #table = new Table();
  readonly #whole: Detector;
  readonly #narrow: Detector;
  readonly #detections = new Map<string, number>();
  readonly #narrowDetections = new Map<string, number>();
  #calls = 0;
  #byType = 0;
  #byProcess = 0;

  constructor(rules: RuleSet) {
    this.#interest = interestOfRules(judgedRules(rules), false);
    const { processes } = this.#interest;
    this.#narrower = processes && new Narrower(processes, this.#table);
    this.#whole = new Detector(rules, { host: false, allMatches: true });
    this.#narrow = new Detector(rules, { host: false, allMatches: true });
  }

  take(view: RingView): void {
    this.#whole.judge(view, ({ rule }) => count(this.#detections, rule));
    if (!this.#isSent(view)) return;
    this.#narrow.judge(view, ({ rule }) => count(this.#narrowDetections, rule));
    this.#narrower?.heard(view);
  }

  #isSent(view: RingView): boolean {
    if (view.kind > RwKind.RW_K_FD || view.container === undefined) return true;
    this.#calls += 1;
    if (!kernelSends(this.#interest, view, undefined)) return false;
    this.#byType += 1;
    const program = {
      pid: view.pid,
      startNs: view.big(RwHdr.start_ns),
      execId: view.big(RwHdr.exec_id),
      cgroup: view.big(RwHdr.cgroup_id),
    };
    if (!kernelSends(this.#interest, view, this.#table.of(program))) return false;
    this.#byProcess += 1;
    return true;
  }

  get result(): TrialResult {
    return {
      calls: this.#calls,
      byType: this.#byType,
      byProcess: this.#byProcess,
      judged: this.#narrower?.judged ?? 0,
      detections: this.#detections,
      narrowDetections: this.#narrowDetections,
    };
  }
}

const count = (counts: Map<string, number>, rule: string): void =>
  void counts.set(rule, (counts.get(rule) ?? 0) + 1);
