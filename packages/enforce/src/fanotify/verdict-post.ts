import { readFileSync } from 'node:fs';
import { bootTimeNs } from '@runward/native';
import type { KernelVerdict } from '../verdict.js';
import type { Actor } from './actors.js';
import type { Denial } from './judgement.js';
import type { FromAnswerer } from './messages.js';

const WINDOW_MS = 1000;
const PER_WINDOW = 100;
const CGROUPS_REMEMBERED = 4096;
const NS_PER_TICK = 1e7; // USER_HZ is 100 on every architecture we run on

interface Window {
  startMs: number;
  count: number;
  suppressed: number;
}

/** What happened, for {@link VerdictPost.note}. */
export interface Occurrence {
  readonly actor: Actor;
  readonly tgid: number;
  readonly section: 'process' | 'file';
  readonly denial: Denial;
  readonly outcome: KernelVerdict['outcome'];
  readonly object: string;
  readonly unresolved: boolean;
}

const OPERATIONS: Readonly<Record<number, string>> = { 1: 'read', 2: 'write', 1024: 'start' };

/** Sends verdicts to the main thread: at a bounded rate per container, counting what it keeps back. */
export class VerdictPost {
  readonly #windows = new Map<number, Window>();
  readonly #batch: KernelVerdict[] = [];

  constructor(private readonly post: (message: FromAnswerer) => void) {}

  note(what: Occurrence): void {
    const window = this.#windowOf(what.actor.cgroup);
    if (window.count >= PER_WINDOW) {
      window.suppressed += 1;
      return;
    }
    window.count += 1;
    const { actor, denial } = what;
    this.#batch.push({
      ...{ set: actor.set, line: denial.line, section: what.section, object: what.object },
      operation: OPERATIONS[denial.operation] ?? '',
      outcome: what.outcome,
      mechanism: 'fanotify',
      unresolved: what.unresolved,
      moved: false,
      otherName: denial.otherName,
      cgroup: actor.cgroup,
      bootNs: Number(bootTimeNs()),
      ...processFacts(what.tgid),
      suppressed: window.suppressed,
    });
  }

  /** Once per batch of events, after the last was answered: nobody waits for the report. */
  flush(): void {
    if (this.#batch.length === 0) return;
    this.post({ kind: 'verdicts', verdicts: this.#batch.splice(0) });
  }

  #windowOf(cgroup: number): Window {
    const nowMs = Date.now();
    let window = this.#windows.get(cgroup);
    if (window === undefined) {
      if (this.#windows.size >= CGROUPS_REMEMBERED) this.#windows.clear();
      window = { startMs: nowMs, count: 0, suppressed: 0 };
      this.#windows.set(cgroup, window);
    } else if (nowMs - window.startMs >= WINDOW_MS) {
      window.startMs = nowMs;
      window.count = 0;
    }
    return window;
  }
}

type ProcessFacts = Pick<KernelVerdict, 'pid' | 'startNs' | 'uid' | 'comm'>;

/** `startNs` to the tick of 10 ms that /proc has. */
function processFacts(pid: number): ProcessFacts {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [, comm = '', rest = ''] = /^\d+ \((.*)\) (.*)$/s.exec(stat) ?? [];
    const uid = /^Uid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return { pid, startNs: Number(rest.split(' ')[19] ?? 0) * NS_PER_TICK, uid: Number(uid ?? 0), comm };
  } catch {
    return { pid, startNs: 0, uid: 0, comm: '' };
  }
}
