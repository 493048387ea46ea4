/** What the detectors go by. docs/network-detections.md says why these. */
export interface Thresholds {
  readonly scan: {
    /** Distinct ports of one address, or addresses at one port, within `windowMs`. */
    readonly ports: number;
    readonly hosts: number;
    readonly windowMs: number;
    /** The same within `slowWindowMs`. */
    readonly slowPorts: number;
    readonly slowHosts: number;
    readonly slowWindowMs: number;
    /** Of them this share must have come to nothing. */
    readonly failedShare: number;
  };
  readonly beacon: {
    /** Connections that are looked at. */
    readonly connections: number;
    readonly shortestMs: number;
    readonly longestMs: number;
    /** How far an interval may be from the middle one, as a share of it. */
    readonly jitter: number;
    /** Of the intervals this share must be within the jitter. */
    readonly regularShare: number;
  };
  readonly destination: {
    /** Addresses of cloud metadata services. */
    readonly metadata: readonly string[];
    readonly torPorts: readonly number[];
    readonly proxyPorts: readonly number[];
  };
  /** How long the same finding is not told again. */
  readonly quietMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export const DEFAULT_THRESHOLDS: Thresholds = {
  scan: {
    ...{ ports: 30, hosts: 20, windowMs: MINUTE_MS },
    ...{ slowPorts: 20, slowHosts: 15, slowWindowMs: HOUR_MS },
    failedShare: 0.7,
  },
  beacon: {
    ...{ connections: 12, shortestMs: 5000, longestMs: HOUR_MS, jitter: 0.35, regularShare: 0.9 },
  },
  destination: {
    metadata: ['169.254.169.254', 'fd00:ec2::254'],
    torPorts: [9001, 9030, 9050, 9051, 9150],
    proxyPorts: [1080, 3128],
  },
  quietMs: HOUR_MS,
};
