import {
  type Detection,
  FlowDetector,
  NoiseFilter,
  type NoiseOptions,
  type NoiseStats,
} from '@runward/detect';
import type { FlowView } from '@runward/events';
import type { Rule } from '@runward/rules';
import type { FlowService, FlowSight } from './flow-service.js';

export interface FlowRulesOptions {
  readonly hostname: string;
  /** Flows of the host are judged too. */
  readonly host: boolean;
  readonly noise: NoiseOptions;
  readonly take: (detections: readonly Detection[]) => void;
}

const TICK_MS = 1000;

/** Rules with `source: flow`, judged where flows are read. */
export class FlowRules {
  readonly #options: FlowRulesOptions;
  readonly #noise: NoiseFilter;
  readonly #service: Pick<FlowService, 'followSights'>;
  readonly #timer: NodeJS.Timeout;
  #detector = new FlowDetector([]);
  #passed: Detection[] = [];
  #stop: (() => void) | undefined;

  constructor(service: Pick<FlowService, 'followSights'>, options: FlowRulesOptions) {
    this.#service = service;
    this.#options = options;
    this.#noise = new NoiseFilter(options.noise, (detection) => this.#passed.push(detection));
    this.#timer = setInterval(() => {
      this.#noise.advance(Date.now());
      this.#flush();
    }, TICK_MS);
    this.#timer.unref();
  }

  /** Puts these in force. What they say of flows that are known is told with the next change of each. */
  use(rules: readonly Rule[]): void {
    this.#detector = new FlowDetector(rules);
    this.#stop?.();
    // Nobody looks where no rule does: naming both ends of each flow costs.
    this.#stop = this.#detector.isIdle
      ? undefined
      : this.#service.followSights((sights) => this.#judge(sights));
  }

  get noise(): NoiseStats {
    return this.#noise.stats;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#stop?.();
    this.#noise.close();
    this.#flush();
  }

  #judge(sights: readonly FlowSight[]): void {
    const { hostname, host } = this.#options;
    const timeNs = BigInt(Date.now()) * 1_000_000n;
    for (const { key, flow, container, names } of sights) {
      if (container === undefined && !(host && flow.self.kind === 'host')) continue;
      const view: FlowView = {
        ...{ timeNs, hostname, container, flow, workload: flow.self.container?.workload },
        namesOf: (address) => names?.namesOf(address) ?? [],
      };
      this.#detector.judge(view, key, (detection) => this.#noise.take(detection));
    }
    this.#flush();
  }

  #flush(): void {
    if (this.#passed.length > 0) this.#options.take(this.#passed.splice(0));
  }
}
