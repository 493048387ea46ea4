import { Analyst, type Detector } from '../analyse/index.js';
import { noCounters } from '../counters.js';
import type { EndpointKind } from '../endpoint.js';
import type { Flow } from '../flow.js';
import { seeded } from './seeded.js';

/** Modelled loads of containers, without a kernel: what the page of network detections measures. */
const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const MIB = 1024 * 1024;

/** A connection of the container that is looked at. */
interface Act {
  readonly atS: number;
  readonly remote: string;
  readonly port: number;
  readonly answered?: boolean;
  readonly kind?: EndpointKind;
  readonly bytes?: number;
  /** That name servers gave for the address. */
  readonly name?: string;
}

type Load = (random: () => number) => Act[];

/** When the container that is looked at was started, before the first act: long ago where nothing is said. */
const START_MS = 1_700_000_000_000;

const SELF: Flow['self'] = {
  ...{ kind: 'container', name: 'c', address: '10.0.0.2' },
  container: { id: 'c', name: 'c', image: '', workload: 'c', startedMs: START_MS - 5000 },
};

const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const days = (count: number, make: (day: number) => Act[]): Act[] => times(count, make).flat();

/** What runs all day beside an attack. */
const web: Load = (random) => {
  const acts: Act[] = [];
  for (let atS = 0; atS < 2 * DAY_S; atS += -300 * Math.log(1 - random()))
    acts.push({ atS, remote: `192.0.2.${Math.floor(8 * random())}`, port: 443, bytes: 50_000 * random() });
  return acts;
};
const beside =
  (attack: Load): Load =>
  (random) => [...web(random), ...attack(random).map((act) => ({ ...act, atS: act.atS + 1.5 * DAY_S }))];

/** One connection after the other, `everyS` apart, each off by up to `jitter` of that. */
function polls(
  count: number,
  everyS: number,
  jitter: number,
  random: () => number,
  act: Partial<Act> & Pick<Act, 'remote'>,
): Act[] {
  let atS = 0;
  return times(count, () => {
    atS += everyS * (1 + jitter * (2 * random() - 1));
    return { port: 443, ...act, atS };
  });
}

const LOADS: Readonly<Record<string, Load>> = {
  'benign: a client of web services, irregular': web,
  'benign: nightly backup, 500 MiB within 20 %': (random) =>
    days(14, (day) =>
      times(20, (i) => ({
        atS: day * DAY_S + 2 * HOUR_S + 30 * i + 20 * random(),
        remote: '192.0.2.50',
        port: 443,
        bytes: 25 * MIB * (0.8 + 0.4 * random()),
      })),
    ),
  'benign: health checks of neighbours every 10 s': () =>
    times(DAY_S / 10, (i) => ({ atS: 10 * i, remote: `10.0.0.${i % 4}`, port: 8080, kind: 'container' })),
  'benign: package downloads, 15 mirrors, twice a day': (random) =>
    days(4, (day) =>
      times(80, (i) => ({
        atS: day * DAY_S + (i < 40 ? 0 : 11 * HOUR_S) + 2 * i * random(),
        remote: `198.51.100.${Math.floor(15 * random())}`,
        port: 443,
        bytes: 2000,
      })),
    ),
  'benign: metrics of 40 neighbours every 15 s, 3 down': () =>
    times((DAY_S / 15) * 4, (i) => ({
      atS: (15 * i) / 40,
      remote: `10.0.1.${i % 40}`,
      port: 9100,
      answered: i % 40 > 2,
      kind: 'container' as const,
    })),
  'benign: a database that is down, retried each second': () =>
    times(HOUR_S, (i) => ({
      atS: i,
      remote: '10.0.0.7',
      port: 5432,
      answered: false,
      kind: 'container' as const,
    })),
  'benign: telemetry every minute since the start, by name': (random) =>
    polls(DAY_S / 60, 60, 0, random, { remote: '203.0.113.5', name: 'telemetry.example.org', bytes: 4000 }),
  'benign: polling every 30 s since the start, one name, 6 addresses': (random) =>
    times(DAY_S / 30, (i) => ({
      atS: 30 * i + random(),
      remote: `203.0.113.${20 + Math.floor(6 * random())}`,
      ...{ port: 443, name: 'queue.example.org', bytes: 800 },
    })),
  'benign: time of a pool every 64 s since the start, by name': (random) =>
    polls(DAY_S / 64, 64, 0, random, {
      remote: '203.0.113.7',
      name: 'time.example.org',
      port: 4460,
      bytes: 100,
    }),
  'benign: certificates asked for each hour, first after one, by name': (random) =>
    polls(48, HOUR_S, 0.01, random, { remote: '203.0.113.8', name: 'acme.example.org', bytes: 900 }),
  'benign: telemetry every minute since the start, without a name': (random) =>
    polls(DAY_S / 60, 60, 0, random, { remote: '203.0.113.5', bytes: 4000 }),
  'benign: telemetry every minute, switched on after half a day': (random) =>
    polls(600, 60, 0, random, { remote: '203.0.113.5', name: 'telemetry.example.org', bytes: 4000 }).map(
      (act) => ({
        ...act,
        atS: act.atS + DAY_S / 2,
      }),
    ),
  'hostile: 1,000 ports of a neighbour': beside((random) =>
    times(1000, (i) => ({
      atS: i / 100,
      remote: '10.0.0.9',
      port: 1 + i,
      answered: random() < 0.005,
      kind: 'container',
    })),
  ),
  'hostile: one port of 200 addresses': beside((random) =>
    times(200, (i) => ({ atS: i / 10, remote: `10.0.3.${i}`, port: 6379, answered: random() < 0.1 })),
  ),
  'hostile: a port every 2 minutes within a third': beside((random) =>
    times(60, (i) => ({
      atS: 120 * i + 40 * random(),
      remote: '10.0.0.9',
      port: 1 + i,
      answered: random() < 0.05,
      kind: 'container',
    })),
  ),
  'hostile: SSH to 20 neighbours': beside((random) =>
    times(20, (i) => ({
      atS: 10 * i * (0.5 + random()),
      remote: `10.0.0.${i}`,
      port: 22,
      kind: 'container',
    })),
  ),
  ...Object.fromEntries(
    [0, 0.1, 0.2, 0.3].map((jitter) => [
      `hostile: beacon every minute by name, jitter ${100 * jitter} %`,
      beside((random) =>
        polls(60, 60, jitter, random, { remote: '203.0.113.66', name: 'cdn.example.net', bytes: 300 }),
      ),
    ]),
  ),
  'hostile: beacon every 10 s by address, jitter 30 %': beside((random) =>
    polls(60, 10, 0.3, random, { remote: '203.0.113.66', bytes: 300 }),
  ),
  'hostile: beacon every minute since the start, by address': (random) =>
    polls(600, 60, 0.3, random, { remote: '203.0.113.66', bytes: 300 }),
  'hostile: beacon every minute since the start, by name': (random) =>
    polls(600, 60, 0.3, random, { remote: '203.0.113.66', name: 'cdn.example.net', bytes: 300 }),
  'hostile: 1 GiB out within 20 minutes': beside((random) =>
    times(100, (i) => ({
      atS: 12 * i * (0.5 + random()),
      remote: '203.0.113.99',
      port: 443,
      bytes: 10 * MIB,
    })),
  ),
};

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
const WORDS = ['api', 'edge', 'prod', 'static', 'images', 'login', 'assets', 'europe', 'west', 'queue'];
const letters = (length: number, random: () => number): string =>
  times(length, () => BASE32[Math.floor(32 * random())]).join('');
const words = (count: number, random: () => number): string =>
  times(count, () => WORDS[Math.floor(WORDS.length * random())]).join('-');

/** What is asked of name servers each second for ten minutes, and of how many bytes the answer is. */
const LOOK_UPS: Readonly<
  Record<string, (i: number, random: () => number) => readonly [name: string, type: number, bytes: number]>
> = {
  'benign: look-ups of services, with search domains': (_, random) => [
    `${words(2, random)}.default.svc.cluster.local.default.svc.cluster.local`,
    1,
    150,
  ],
  'benign: look-ups of 600 counted machines': (i) => [`worker-node-of-region-${i}.example.org`, 1, 100],
  'benign: look-ups of names of four words': (_, random) => [`${words(4, random)}.example.org`, 1, 100],
  'benign: look-ups of 600 sites, each of a random name': (_, random) => [
    `www.${letters(10, random)}.co.uk`,
    1,
    100,
  ],
  'benign: look-ups of a fresh UUID each': (_, random) => [`${letters(32, random)}.example.org`, 1, 100],
  'hostile: data in names, 40 characters of base32': (_, random) => [
    `${letters(40, random)}.example.org`,
    1,
    100,
  ],
  'hostile: data in text, 500 bytes an answer': (i) => [`${i}.example.org`, 16, 500],
};

function detectorsOfLookUps(load: string, seed: number): ReadonlySet<Detector> {
  const analyst = new Analyst();
  const random = seeded(seed);
  const found = new Set<Detector>();
  for (let i = 0; i < 600; i += 1) {
    const [name, type, bytes] = LOOK_UPS[load]?.(i, random) ?? ['', 0, 0];
    for (const { detector } of analyst.takeLookUps([{ self: SELF, name, type, bytes }], START_MS + 1000 * i))
      found.add(detector);
  }
  return found;
}

function detectorsOf(load: Load, seed: number): ReadonlySet<Detector> {
  const analyst = new Analyst();
  const flows = new Map<string, Flow>();
  const found = new Set<Detector>();
  const acts = load(seeded(seed)).toSorted((a, b) => a.atS - b.atS);
  for (const { atS, remote, port, answered = true, kind = 'external', bytes = 0, name } of acts) {
    const counters = { ...(flows.get(`${remote} ${port}`)?.counters ?? noCounters()) };
    counters.attempts += 1;
    counters.bytesOut += Math.round(bytes);
    if (answered) counters.established += 1;
    else counters.refused += 1;
    const flow: Flow = {
      ...{ role: 'client', protocol: 'tcp', port, local: '10.0.0.2', remote, counters, open: 0 },
      self: SELF,
      peer: { kind, name: name ?? remote, address: remote, names: name === undefined ? [] : [name] },
      ...{ isMapped: false, isGuessed: false, isRaw: false, firstSeenMs: 0, lastActiveMs: 0 },
      rates: { bytesOut: 0, bytesIn: 0, connections: 0, failures: 0 },
    };
    flows.set(`${remote} ${port}`, flow);
    // As it is read: once a second.
    for (const { detector } of analyst.take([flow], START_MS + 1000 * Math.ceil(atS))) found.add(detector);
  }
  return found;
}

/** What each hostile load is there for; what else is told of it is no false alarm. */
const MEANT: Readonly<Record<string, Detector>> = {
  'hostile: 1,000 ports of a neighbour': 'port-scan',
  'hostile: one port of 200 addresses': 'host-scan',
  'hostile: a port every 2 minutes within a third': 'slow-port-scan',
  'hostile: SSH to 20 neighbours': 'fan-out',
  'hostile: 1 GiB out within 20 minutes': 'volume',
  'hostile: data in names, 40 characters of base32': 'dns-tunnel',
  'hostile: data in text, 500 bytes an answer': 'dns-tunnel',
};

/** A load of the models, told apart by seeds. */
export interface ModelledLoad {
  readonly name: string;
  readonly isHostile: boolean;
  /** The detector a hostile one should be told by. */
  readonly meant: Detector | undefined;
  readonly detectors: (seed: number) => ReadonlySet<Detector>;
}

const loadOf = (name: string, detectors: ModelledLoad['detectors']): ModelledLoad => ({
  ...{ name, isHostile: name.startsWith('hostile'), detectors },
  meant: MEANT[name] ?? (name.startsWith('hostile: beacon') ? 'beacon' : undefined),
});

/** Benign and hostile, in the order of the page they are told on. */
export const MODELLED_LOADS: readonly ModelledLoad[] = [
  ...Object.entries(LOADS).map(([name, load]) => loadOf(name, (seed) => detectorsOf(load, seed))),
  ...Object.keys(LOOK_UPS).map((name) => loadOf(name, (seed) => detectorsOfLookUps(name, seed))),
];
