import type { Detector, FlowFinding } from './finding.js';
import type { Step } from './step.js';
import type { Thresholds } from './thresholds.js';

/** One address and port that a container tried. */
interface Target {
  readonly remote: string;
  readonly port: number;
  atMs: number;
  /** It was answered at some time: what works is no scan's. */
  answered: boolean;
  /** What it does not count for. */
  readonly except: ReadonlySet<Detector>;
}

interface Window {
  readonly ms: number;
  readonly ports: number;
  readonly hosts: number;
  readonly prefix: '' | 'slow-';
}

/** Of one container; the oldest are forgotten first. */
const MOST_TARGETS = 4096;
const MOST_CONTAINERS = 1024;
const MOST_NAMED = 10;

/** Vertical: many ports of one address. Horizontal: one port of many addresses. Fast, and over an hour. */
export class ScanDetector {
  readonly #byContainer = new Map<string, Map<string, Target>>();
  readonly #windows: readonly Window[];
  readonly #failedShare: number;

  constructor({ scan }: Thresholds) {
    this.#failedShare = scan.failedShare;
    this.#windows = [
      { ms: scan.windowMs, ports: scan.ports, hosts: scan.hosts, prefix: '' },
      { ms: scan.slowWindowMs, ports: scan.slowPorts, hosts: scan.slowHosts, prefix: 'slow-' },
    ];
  }

  take(step: Step): FlowFinding[] {
    const { flow, nowMs, key, begun, answered } = step;
    if (begun === 0 && answered === 0) return [];
    const { remote, port } = flow;
    const targets = this.#targetsOf(key);
    const name = `${flow.protocol} ${remote} ${port}`;
    const known = targets.get(name);
    targets.delete(name);
    const isAnswered = answered > 0 || known?.answered === true;
    targets.set(name, { remote, port, atMs: nowMs, answered: isAnswered, except: step.except });
    const [oldest] = targets.keys();
    if (targets.size > MOST_TARGETS && oldest !== undefined) targets.delete(oldest);
    // Only a target that is new can make it more.
    return known !== undefined ? [] : this.#judge(step, targets);
  }

  #targetsOf(key: string): Map<string, Target> {
    const targets = this.#byContainer.get(key) ?? new Map<string, Target>();
    this.#byContainer.delete(key);
    this.#byContainer.set(key, targets);
    const [oldest] = this.#byContainer.keys();
    if (this.#byContainer.size > MOST_CONTAINERS && oldest !== undefined) this.#byContainer.delete(oldest);
    return targets;
  }

  #judge({ flow, nowMs }: Step, targets: ReadonlyMap<string, Target>): FlowFinding[] {
    const found: FlowFinding[] = [];
    for (const { ms, ports, hosts, prefix } of this.#windows) {
      const recent = [...targets.values()].filter(({ atMs }) => nowMs - atMs <= ms);
      const sides = [
        {
          detector: `${prefix}port-scan`,
          of: recent.filter(({ remote }) => remote === flow.remote),
          least: ports,
        },
        { detector: `${prefix}host-scan`, of: recent.filter(({ port }) => port === flow.port), least: hosts },
      ] as const;
      for (const { detector, of: all, least } of sides) {
        const of = all.filter(({ except }) => !except.has(detector));
        const failed = of.filter(({ answered }) => !answered).length;
        const fast = of.filter(({ atMs }) => nowMs - atMs <= (this.#windows[0]?.ms ?? 0));
        // What comes all at once is judged as that alone.
        if (prefix === 'slow-' && 2 * fast.length > of.length) continue;
        if (of.length < least || failed < this.#failedShare * of.length) continue;
        found.push(finding(detector, { flow, nowMs, ms }, of, failed));
      }
      // What is fast is slow as well.
      if (found.length > 0) break;
    }
    return found;
  }
}

function finding(
  detector: Detector,
  { flow, nowMs, ms }: { readonly flow: Step['flow']; readonly nowMs: number; readonly ms: number },
  targets: readonly Target[],
  failed: number,
): FlowFinding {
  const isVertical = detector.endsWith('port-scan');
  const values = targets.slice(0, MOST_NAMED).map(({ remote, port }) => (isVertical ? port : remote));
  const what = isVertical
    ? `${targets.length} ports of ${flow.remote}`
    : `port ${flow.port} of ${targets.length} addresses`;
  const minutes = Math.round(ms / 60_000);
  return {
    ...{ detector, atMs: nowMs, self: flow.self },
    text: `tried ${what} within ${minutes} min, ${failed} without an answer`,
    evidence: {
      ...{ protocol: flow.protocol, targets: targets.length, unanswered: failed, windowMs: ms },
      ...(isVertical ? { address: flow.remote } : { port: flow.port }),
      examples: values.join(' '),
    },
  };
}
