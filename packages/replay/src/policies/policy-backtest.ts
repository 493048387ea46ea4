import { formatTime } from '@runward/detect';
import type { ContainerInfo, EventView } from '@runward/events';
import {
  actionText,
  type EffectiveLine,
  isRuntimeStep,
  lineLabel,
  lineWords,
  observe,
  SECTIONS,
  unobservable,
} from '@runward/policy';
import { MAX_WORKLOADS, OTHER_WORKLOADS, type Workload } from '../backtest/report.js';
import { tallyOne } from '../backtest/tallying.js';
import type { SourceCoverage } from '../event-source.js';
import { Deciders, type Denial, type Trial } from './deciders.js';
import type { DeniedWorkload, PolicyBacktestReport, Unobservable } from './report.js';

/** Containers whose ids are kept, to tell how many there were. */
const MAX_CONTAINERS = 100_000;

type Tallies = Map<string, { -readonly [K in keyof DeniedWorkload]: DeniedWorkload[K] }>;

const workloadOf = ({ image, pod, name, id }: ContainerInfo): Workload => ({
  ...{ image, namespace: pod?.namespace ?? '', pod: pod?.name ?? '', container: name || id },
});
const keyOf = (w: Workload): string => [w.image, w.namespace, w.pod, w.container].join('\0');

/** What policies would have denied of what containers did. Denials are counted, not kept. */
export class PolicyBacktest {
  readonly #deciders: Deciders;
  readonly #trial: Trial;
  readonly #coverage: SourceCoverage;
  readonly #lines = new Map<string, { readonly line: EffectiveLine; readonly workloads: Tallies }>();
  readonly #containers = new Set<string>();
  readonly #selected = new Set<string>();
  #actions = 0;
  #denied = 0;

  constructor(trial: Trial, coverage: SourceCoverage) {
    this.#trial = trial;
    this.#deciders = new Deciders(trial);
    this.#coverage = coverage;
  }

  judge(view: EventView): void {
    const { container } = view;
    if (container === undefined || isRuntimeStep(view.process, 0)) return;
    note(this.#containers, container.id);
    const decider = this.#deciders.of(container);
    if (decider === undefined) return;
    note(this.#selected, container.id);
    for (const observed of observe(view)) {
      if (!decider.speaksOf(observed)) continue;
      this.#actions += 1;
      const denial = decider.judge(observed);
      if (denial !== null) this.#count(denial, container, view);
    }
  }

  get denied(): number {
    return this.#denied;
  }

  #count({ line, action, uncertain }: Denial, container: ContainerInfo, view: EventView): void {
    this.#denied += 1;
    const tallies = this.#talliesOf(line);
    const own = workloadOf(container);
    const isFull = tallies.size >= MAX_WORKLOADS && !tallies.has(keyOf(own));
    const workload = isFull ? OTHER_WORKLOADS : own;
    const known = tallies.get(keyOf(workload));
    const text = actionText(action);
    const by = 'by' in action || action.kind === 'exec' ? '' : ` (by ${view.process.executable.path})`;
    tallies.set(keyOf(workload), {
      workload,
      denied: tallyOne(known?.denied, formatTime(view.timeNs), text + by),
      uncertain: (known?.uncertain ?? 0) + (uncertain ? 1 : 0),
    });
  }

  #talliesOf(line: EffectiveLine): Tallies {
    const { policy, section, span, terms } = line;
    const key = `${policy}\0${section}\0${span.file}:${span.line}:${span.column}\0${terms.kind}`;
    const known = this.#lines.get(key);
    if (known !== undefined) return known.workloads;
    const workloads: Tallies = new Map();
    this.#lines.set(key, { line, workloads });
    return workloads;
  }

  report(): PolicyBacktestReport {
    return {
      ...{ actions: this.#actions, denied: this.#denied, cached: this.#deciders.cached },
      containers: [...this.#containers],
      selected: [...this.#selected],
      lines: [...this.#lines.values()].map(({ line, workloads }) => ({
        ...{ policy: line.policy, section: line.section, comment: line.comment },
        ...{ label: lineLabel(line), words: lineWords(line), file: line.span.file, line: line.span.line },
        workloads: [...workloads.values()],
      })),
      unobservable: this.#unobservable(),
    };
  }

  #unobservable(): readonly Unobservable[] {
    const { policies, tried } = this.#trial;
    const protects = SECTIONS.filter((section) =>
      policies.some((policy) => tried.has(policy.name) && policy[section]?.mode === 'protect'),
    );
    return protects.flatMap((section) => {
      const notes = unobservable(section, this.#coverage.eventTypes);
      return notes.length === 0 ? [] : [{ section, notes }];
    });
  }
}

function note(ids: Set<string>, id: string): void {
  if (ids.size < MAX_CONTAINERS) ids.add(id);
}
