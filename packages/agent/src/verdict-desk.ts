import { type Detection, describeVerdict, type PolicyFinding } from '@runward/detect';
import type { AccountNames, ContainerInfo, ProcessInfo } from '@runward/events';
import type { ContainerSlot, ProcessEntry } from '@runward/tracker';

/** A verdict of the kernel: what was decided, and the numbers of who acted. */
export interface VerdictRecord {
  readonly finding: PolicyFinding;
  /** CLOCK_BOOTTIME. */
  readonly bootNs: number;
  readonly cgroup: number;
  readonly pid: number;
  /** CLOCK_BOOTTIME of the process's start: with the pid its identity. */
  readonly startNs: number;
  readonly uid: number;
  readonly comm: string;
}

/** What the desk asks of the sensor's tables. */
export interface Tables {
  readonly processes: {
    byPid(pid: number): ProcessEntry | undefined;
    create(): ProcessEntry;
  };
  readonly containers: { get(cgroup: number): ContainerSlot | undefined };
  readonly epochOffsetNs: bigint;
}

export interface DeskOptions {
  readonly hostname: string;
  /** How long a verdict waits for what is not known yet of its process and container, milliseconds. */
  readonly patienceMs: number;
  readonly emit: (detection: Detection) => void;
}

/** Verdicts that wait at once; beyond it the oldest is told with what is known. */
const MAX_WAITING = 10_000;
/** Starts read from /proc are exact to a clock tick. */
const TICK_NS = 10_000_000;

const NOBODY: AccountNames = {
  userName: () => undefined,
  userHome: () => undefined,
  userShell: () => undefined,
  groupName: () => undefined,
};

/**
 * Says of each verdict who acted. Verdicts come by a ring of their own and may arrive before the records that introduce
 * their process and container; they wait for those, not for long.
 */
export class VerdictDesk {
  readonly #options: DeskOptions;
  readonly #waiting: { readonly record: VerdictRecord; readonly untilMs: number }[] = [];

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** Detections told without knowing the process or its container. */
  unexplained = 0;

  take(records: readonly VerdictRecord[], tables: Tables, nowMs: number): void {
    const untilMs = nowMs + this.#options.patienceMs;
    for (const record of records)
      if (!this.#tell(record, tables, false)) this.#waiting.push({ record, untilMs });
    while (this.#waiting.length > MAX_WAITING) this.#tellFirst(tables);
  }

  /** Tells what can be told by now, in the order it came. */
  advance(tables: Tables, nowMs: number): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (!this.#tell(first.record, tables, first.untilMs <= nowMs)) return;
      this.#waiting.shift();
    }
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** The end: everything goes out as it is. */
  close(tables: Tables): void {
    while (this.#waiting.length > 0) this.#tellFirst(tables);
  }

  #tellFirst(tables: Tables): void {
    const first = this.#waiting.shift();
    if (first !== undefined) this.#tell(first.record, tables, true);
  }

  #tell(record: VerdictRecord, tables: Tables, anyway: boolean): boolean {
    const known = processOf(record, tables);
    const slot = slotOf(record, known, tables);
    const isKnown = known !== undefined && slot?.state === 'known' && slot.info !== undefined;
    if (!isKnown && !anyway) return false;
    if (!isKnown) this.unexplained += 1;
    const container: ContainerInfo | undefined = slot?.info;
    this.#options.emit(
      describeVerdict(record.finding, {
        timeNs: BigInt(record.bootNs) + tables.epochOffsetNs,
        hostname: this.#options.hostname,
        process: known ?? stranger(record, tables),
        container,
        accounts: slot?.accounts ?? NOBODY,
      }),
    );
    return true;
  }
}

function processOf({ pid, startNs }: VerdictRecord, { processes }: Tables): ProcessEntry | undefined {
  const entry = processes.byPid(pid);
  return entry !== undefined && Math.abs(entry.startNs - startNs) <= TICK_NS ? entry : undefined;
}

/** The group the kernel bound may be the parent of the one the process is in. */
function slotOf(
  { cgroup }: VerdictRecord,
  known: ProcessEntry | undefined,
  { containers }: Tables,
): ContainerSlot | undefined {
  const own = known === undefined ? undefined : containers.get(known.cgroup);
  return own?.info === undefined ? (containers.get(cgroup) ?? own) : own;
}

/** What the kernel said of a process that nothing else is known of. */
function stranger({ pid, startNs, uid, comm, cgroup }: VerdictRecord, { processes }: Tables): ProcessInfo {
  const entry = processes.create();
  return Object.assign(entry, { pid, startNs, uid, comm, cgroup });
}
