import type { Flow } from '../flow.js';
import { BeaconDetector } from './beacon.js';
import { DestinationDetector } from './destination.js';
import { DnsTunnelDetector } from './dns-tunnel.js';
import { FanOutDetector } from './fan-out.js';
import type { FlowFinding } from './finding.js';
import { HistoryDetector } from './history.js';
import type { LookUp } from './look-up.js';
import { NewPortDetector } from './new-port.js';
import { ScanDetector } from './scan.js';
import { DEFAULT_SETTINGS, exceptionTest, type Settings } from './settings.js';
import { Steps } from './step.js';

/** Findings that are remembered so as not to be told again. */
const MOST_TOLD = 16_384;
const DNS_PORT = 53;

/** Looks at flows as they change and says what stands out. */
export class Analyst {
  readonly #steps: Steps;
  readonly #detectors: readonly { take(step: ReturnType<Steps['of']> & object): FlowFinding[] }[];
  readonly #told = new Map<string, number>();
  readonly #dns: DnsTunnelDetector;
  readonly #exceptionsOf: ReturnType<typeof exceptionTest>;
  readonly #quietMs: number;

  constructor(settings: Settings = DEFAULT_SETTINGS) {
    const { thresholds } = settings;
    this.#exceptionsOf = exceptionTest(settings);
    this.#steps = new Steps(this.#exceptionsOf);
    this.#dns = new DnsTunnelDetector(thresholds);
    this.#quietMs = thresholds.quietMs;
    this.#detectors = [
      new ScanDetector(thresholds),
      new FanOutDetector(thresholds),
      new BeaconDetector(thresholds),
      new HistoryDetector(thresholds),
      new NewPortDetector(thresholds),
      new DestinationDetector(thresholds),
    ];
  }

  /** Flows that are new or changed, with all they counted. The same finding is told once in a while. */
  take(flows: readonly Flow[], nowMs: number): FlowFinding[] {
    return flows.flatMap((flow) => {
      const step = this.#steps.of(flow, nowMs);
      if (step === undefined) return [];
      const found = this.#detectors.flatMap((detector) => detector.take(step));
      return found.filter((finding) => !step.except.has(finding.detector) && this.#isNews(finding, nowMs));
    });
  }

  /** What name servers answered, whatever it was. */
  takeLookUps(lookUps: readonly LookUp[], nowMs: number): FlowFinding[] {
    return lookUps.flatMap((lookUp) => {
      const { self, name } = lookUp;
      if (self.container === undefined) return [];
      const subject = { self, address: '', names: [name], port: DNS_PORT };
      if (this.#exceptionsOf(subject).has('dns-tunnel')) return [];
      return this.#dns.take(lookUp, nowMs).filter((finding) => this.#isNews(finding, nowMs));
    });
  }

  #isNews({ detector, self, evidence }: FlowFinding, nowMs: number): boolean {
    const about = `${evidence.address ?? evidence.domain ?? ''} ${evidence.port ?? ''}`;
    const key = `${detector} ${self.container?.id ?? ''} ${about}`;
    const at = this.#told.get(key);
    if (at !== undefined && nowMs - at < this.#quietMs) return false;
    this.#told.delete(key);
    this.#told.set(key, nowMs);
    const [oldest] = this.#told.keys();
    if (this.#told.size > MOST_TOLD && oldest !== undefined) this.#told.delete(oldest);
    return true;
  }
}
