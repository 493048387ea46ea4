import { type Detection, Detector } from '@runward/detect';
import type { EventView } from '@runward/events';
import type { Priority, RuleSet } from '@runward/rules';
import type { SourceCoverage } from '../event-source.js';
import { unjudgedRules } from './coverage.js';
import {
  type BacktestReport,
  MAX_WORKLOADS,
  OTHER_WORKLOADS,
  type Tallied,
  type Verdict,
  type Workload,
  type WorkloadReport,
} from './report.js';
import { tallyOne } from './tallying.js';

type Tallies = { readonly workload: Workload } & { [V in Verdict]: Tallied | undefined };

interface RuleTally {
  readonly priority: Priority;
  readonly workloads: Map<string, Tallies>;
}

const HOST: Workload = { image: '', namespace: '', pod: '', container: '' };

const workloadOf = ({ container }: Detection): Workload =>
  container === null
    ? HOST
    : {
        image: container.image,
        namespace: container.namespace,
        pod: container.pod,
        container: container.name || container.id,
      };

const keyOf = (w: Workload): string => [w.image, w.namespace, w.pod, w.container].join('\0');

/**
 * Two rule sets over the same events, or one. Every rule is judged by itself, so that the order of the rules does not
 * hide a change. Detections are counted, not kept: memory grows with rules and workloads.
 */
export class Backtest {
  readonly #new: Detector;
  readonly #old: Detector | undefined;
  readonly #rules: RuleSet;
  readonly #coverage: SourceCoverage;
  readonly #tallies = new Map<string, RuleTally>();
  #detections = 0;
  /** Of the event at hand. */
  #found: Detection[] = [];
  #before: Detection[] = [];

  constructor(
    rules: RuleSet,
    against: RuleSet | undefined,
    { host, coverage }: { readonly host: boolean; readonly coverage: SourceCoverage },
  ) {
    this.#new = new Detector(rules, { host, allMatches: true });
    this.#old = against === undefined ? undefined : new Detector(against, { host, allMatches: true });
    this.#rules = rules;
    this.#coverage = coverage;
  }

  judge(view: EventView): void {
    this.#new.judge(view, this.#onFound);
    this.#old?.judge(view, this.#onBefore);
    if (this.#found.length > 0 || this.#before.length > 0) this.#compare();
  }

  readonly #onFound = (detection: Detection): void => {
    this.#found.push(detection);
  };
  readonly #onBefore = (detection: Detection): void => {
    this.#before.push(detection);
  };

  #compare(): void {
    const [found, before] = [this.#found, this.#before];
    this.#found = [];
    this.#before = [];
    for (const detection of found) {
      this.#detections += 1;
      const isOld = before.some((other) => other.rule === detection.rule);
      this.#count(detection, isOld ? 'both' : 'added');
    }
    for (const detection of before) {
      if (!found.some((other) => other.rule === detection.rule)) this.#count(detection, 'gone');
    }
  }

  #count(detection: Detection, verdict: Verdict): void {
    const tallies = this.#talliesOf(detection);
    tallies[verdict] = tallyOne(tallies[verdict], detection.time, detection.output);
  }

  #talliesOf(detection: Detection): Tallies {
    let rule = this.#tallies.get(detection.rule);
    if (rule === undefined) {
      rule = { priority: detection.priority, workloads: new Map() };
      this.#tallies.set(detection.rule, rule);
    }
    const own = workloadOf(detection);
    const isFull = rule.workloads.size >= MAX_WORKLOADS && !rule.workloads.has(keyOf(own));
    const workload = isFull ? OTHER_WORKLOADS : own;
    const key = keyOf(workload);
    const known = rule.workloads.get(key);
    if (known !== undefined) return known;
    const fresh: Tallies = { workload, added: undefined, gone: undefined, both: undefined };
    rule.workloads.set(key, fresh);
    return fresh;
  }

  report(): BacktestReport {
    return {
      detections: this.#detections,
      rules: [...this.#tallies].map(([rule, { priority, workloads }]) => ({
        rule,
        priority,
        workloads: [...workloads.values()] satisfies readonly WorkloadReport[],
      })),
      unjudged: unjudgedRules(this.#rules, this.#coverage),
    };
  }
}
