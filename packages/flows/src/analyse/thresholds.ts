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
  /** Neighbours asked at ports by which machines are administered. */
  readonly fanOut: {
    readonly hosts: number;
    readonly windowMs: number;
    readonly ports: readonly number[];
  };
  /** What a container sends to one address outside within an hour, against the most it ever sent to one. */
  readonly volume: {
    readonly bytes: number;
    readonly factor: number;
    /** How long a container must be known. */
    readonly historyMs: number;
  };
  /** Whom a container never asked before, once it is known for so long. */
  readonly newPeer: { readonly historyMs: number };
  /** Ports and protocols a container never spoke before, once it is known for so long. */
  readonly newPort: {
    readonly historyMs: number;
    /** Who speaks more is not looked at. */
    readonly mostPorts: number;
  };
  readonly beacon: {
    /** Connections that are looked at. */
    readonly connections: number;
    readonly shortestMs: number;
    readonly longestMs: number;
    /** How far an interval may be from the middle one, as a share of it. */
    readonly jitter: number;
    /** Sent between two reads: more is no beacon. */
    readonly mostBytes: number;
    /** Of the intervals this share must be within the jitter. */
    readonly regularShare: number;
    /** Names a container asked so soon after its start are how it was made to be. */
    readonly settlingMs: number;
    /** Names its workload asked so long ago are known. */
    readonly historyMs: number;
  };
  /** Look-ups below one domain, within `windowMs`. */
  readonly dns: {
    /** Different names whose part below the domain is at least `length` long. */
    readonly names: number;
    readonly length: number;
    /** Of a character of these, in bits, from name to name. */
    readonly entropy: number;
    /** Of answers to questions for text. */
    readonly textBytes: number;
    readonly windowMs: number;
  };
  readonly destination: {
    /** Addresses of cloud metadata services. */
    readonly metadata: readonly string[];
    readonly torPorts: readonly number[];
    readonly proxyPorts: readonly number[];
    readonly miningPorts: readonly number[];
    /** Names of pools, with `*` and `?`. */
    readonly miningNames: readonly string[];
  };
  /** How long the same finding is not told again. */
  readonly quietMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Domains of large pools: many of them serve at port 443 too. */
const MINING_POOLS = [
  ...[
    '2miners.com',
    'antpool.com',
    'c3pool.com',
    'ethermine.org',
    'f2pool.com',
    'flexpool.io',
    'hashvault.pro',
  ],
  ...['herominers.com', 'hiveon.net', 'minexmr.com', 'moneroocean.stream', 'nanopool.org', 'nicehash.com'],
  ...['supportxmr.com', 'unmineable.com', 'viabtc.com', 'woolypooly.com'],
];

export const DEFAULT_THRESHOLDS: Thresholds = {
  scan: {
    ...{ ports: 30, hosts: 20, windowMs: MINUTE_MS },
    ...{ slowPorts: 20, slowHosts: 15, slowWindowMs: HOUR_MS },
    failedShare: 0.7,
  },
  fanOut: {
    ...{ hosts: 8, windowMs: 5 * MINUTE_MS },
    ports: [22, 23, 135, 139, 445, 2375, 2376, 3389, 5900, 5985, 5986],
  },
  volume: { bytes: 100 * 1024 * 1024, factor: 4, historyMs: 6 * HOUR_MS },
  newPeer: { historyMs: 24 * HOUR_MS },
  newPort: { historyMs: 24 * HOUR_MS, mostPorts: 16 },
  beacon: {
    ...{
      connections: 12,
      shortestMs: 5000,
      longestMs: HOUR_MS,
      jitter: 0.35,
      mostBytes: 256 * 1024,
      regularShare: 0.9,
      settlingMs: 10 * MINUTE_MS,
      historyMs: 24 * HOUR_MS,
    },
  },
  dns: { names: 50, length: 20, entropy: 3, textBytes: 64 * 1024, windowMs: 10 * MINUTE_MS },
  destination: {
    metadata: ['169.254.169.254', 'fd00:ec2::254'],
    torPorts: [9001, 9030, 9050, 9051, 9150],
    proxyPorts: [1080, 3128],
    miningPorts: [
      3333, 3334, 3335, 4444, 5555, 7777, 9999, 10128, 10343, 13333, 14433, 14444, 20535, 20580, 45560, 45700,
    ],
    miningNames: MINING_POOLS.flatMap((domain) => [domain, `*.${domain}`]),
  },
  quietMs: HOUR_MS,
};
