import { describe, expect, test } from 'vitest';
import { noCounters } from '../counters.js';
import type { EndpointKind } from '../endpoint.js';
import type { Flow } from '../flow.js';
import { containerEnd, externalEnd, testFlow } from '../testing/flow.js';
import { seeded } from '../testing/seeded.js';
import { Analyst } from './analyst.js';
import type { Detector } from './finding.js';

const SECOND = 1000;

/** A container, and what it does told read by read. */
class World {
  readonly analyst = new Analyst();
  readonly found: Detector[] = [];
  readonly #flows = new Map<string, Flow>();
  nowMs = 1_700_000_000_000;

  connect(
    remote: string,
    port: number,
    answered = true,
    kind: EndpointKind = 'external',
    bytesOut = 0,
  ): void {
    const key = `${remote} ${port}`;
    const counters = { ...(this.#flows.get(key)?.counters ?? noCounters()) };
    counters.attempts += 1;
    counters.bytesOut += bytesOut;
    if (answered) counters.established += 1;
    else counters.refused += 1;
    const flow: Flow = {
      ...{ role: 'client', protocol: 'tcp', port, local: '10.0.0.2', remote, counters, open: 0 },
      self: {
        ...{ kind: 'container', name: 'web', address: '10.0.0.2' },
        container: { id: 'web', name: 'web', image: '', workload: 'web' },
      },
      peer: { kind, name: remote, address: remote },
      ...{ isMapped: false, isGuessed: false, isRaw: false, firstSeenMs: 0, lastActiveMs: this.nowMs },
      rates: { bytesOut: 0, bytesIn: 0, connections: 0, failures: 0 },
    };
    this.#flows.set(key, flow);
    this.found.push(...this.analyst.take([flow], this.nowMs).map(({ detector }) => detector));
  }

  /** Connections to one address, `everyMs` apart, each off by up to `jitter` of that. */
  rhythm(count: number, everyMs: number, jitter: number, random: () => number): void {
    for (let i = 0; i < count; i += 1) {
      this.nowMs += Math.round(everyMs * (1 + jitter * (2 * random() - 1)));
      // As it is read: once a second.
      const before = this.nowMs;
      this.nowMs = Math.ceil(this.nowMs / SECOND) * SECOND;
      this.connect('192.0.2.7', 443);
      this.nowMs = before;
    }
  }
}

describe('scans', () => {
  test.each<[string, Detector, (world: World) => void]>([
    [
      'many ports of one address',
      'port-scan',
      (w) => loop(200, (i) => w.connect('10.0.0.9', 1 + i, i === 80)),
    ],
    [
      'one port of many addresses',
      'host-scan',
      (w) => loop(60, (i) => w.connect(`10.0.0.${i}`, 6379, i % 10 === 0)),
    ],
    [
      'a port each two minutes',
      'slow-port-scan',
      (w) => loop(30, (i) => later(w, 120, () => w.connect('10.0.0.9', 1 + i, false))),
    ],
    [
      'an address each three minutes',
      'slow-host-scan',
      (w) => loop(30, (i) => later(w, 180, () => w.connect(`10.0.0.${i}`, 445, false))),
    ],
  ])('of %s are told, once', (_, detector, act) => {
    const world = new World();
    act(world);
    expect(world.found).toEqual([detector]);
  });

  test.each<[string, (world: World) => void]>([
    [
      'a client of many servers that answer',
      (w) => loop(300, (i) => w.connect(`192.0.2.${i % 250}`, 443 + (i % 3))),
    ],
    [
      'one service that is down and asked again and again',
      (w) => loop(500, () => later(w, 1, () => w.connect('10.0.0.9', 5432, false))),
    ],
    ['a few replicas of which some are down', (w) => loop(12, (i) => w.connect(`10.0.0.${i}`, 9090, i > 8))],
  ])('are not %s', (_, act) => {
    const world = new World();
    act(world);
    expect(world.found).toEqual([]);
  });
});

describe('a beacon', () => {
  test.each([0, 0.1, 0.2, 0.3])('with a jitter of %d is told, whatever its period', (jitter) => {
    const runs = [10, 30, 60, 300].flatMap((seconds) =>
      [1, 2, 3, 4, 5].map((seed) => {
        const world = new World();
        world.rhythm(40, seconds * SECOND, jitter, seeded(seed));
        return world.found.includes('beacon');
      }),
    );
    expect(runs.filter((found) => found)).toHaveLength(runs.length);
  });

  test('is not what people and queues do: intervals of all lengths', () => {
    const told = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].filter((seed) => {
      const world = new World();
      const random = seeded(seed);
      loop(60, () => later(world, -20 * Math.log(1 - random()), () => world.connect('192.0.2.7', 443)));
      return world.found.length > 0;
    });
    expect(told).toEqual([]);
  });

  test('is not a copy that goes in pieces', () => {
    const world = new World();
    loop(60, () =>
      later(world, 30, () => world.connect('192.0.2.7', 443, true, 'external', 20 * 1024 * 1024)),
    );
    expect(world.found.filter((detector) => detector === 'beacon')).toEqual([]);
  });

  test('is not a health check of a neighbour', () => {
    const world = new World();
    loop(60, () => later(world, 10, () => world.connect('10.0.0.9', 8080, true, 'container')));
    expect(world.found).toEqual([]);
  });
});

describe('lateral movement', () => {
  test('is many neighbours asked at ports of administration, answered or not', () => {
    const world = new World();
    loop(12, (i) => later(world, 10, () => world.connect(`10.0.0.${i}`, 22, true, 'container')));
    expect(world.found).toEqual(['fan-out']);
  });

  test.each<[string, (world: World) => void]>([
    [
      'a scraper of metrics',
      (w) => loop(50, (i) => later(w, 1, () => w.connect(`10.0.0.${i}`, 9100, true, 'container'))),
    ],
    [
      'a deployment that reaches three machines',
      (w) => loop(30, (i) => later(w, 5, () => w.connect(`10.0.0.${i % 3}`, 22, true, 'host'))),
    ],
    [
      'a client of many servers outside',
      (w) => loop(30, (i) => later(w, 5, () => w.connect(`192.0.2.${i}`, 22))),
    ],
    [
      'one machine a day',
      (w) => loop(20, (i) => later(w, 86_400, () => w.connect(`10.0.0.${i}`, 22, true, 'host'))),
    ],
  ])('is not %s', (_, act) => {
    const world = new World();
    act(world);
    expect(world.found.filter((detector) => detector === 'fan-out')).toEqual([]);
  });
});

describe('what a container never did before', () => {
  const MIB = 1024 * 1024;
  /** Irregular, so that it is no beacon. */
  const usual = (world: World, hours: number, bytes: number): void => {
    const random = seeded(7);
    loop(hours, () =>
      later(world, 3600 * (0.2 + 1.6 * random()), () =>
        world.connect('192.0.2.7', 443, true, 'external', bytes),
      ),
    );
  };

  test('is a volume far above its own, once', () => {
    const world = new World();
    usual(world, 40, 30 * MIB);
    loop(40, (i) =>
      later(world, i % 3 === 0 ? 70 : 5, () => world.connect('192.0.2.7', 443, true, 'external', 20 * MIB)),
    );
    expect(world.found).toEqual(['volume']);
  });

  test.each<[string, number, number]>([
    ['a backup as large as those before', 400, 400],
    ['a backup that grew by half', 400, 600],
    ['little, however much more it is', 1, 60],
  ])('is not %s', (_, before, now) => {
    const world = new World();
    usual(world, 40, before * MIB);
    later(world, 3600, () => world.connect('192.0.2.7', 443, true, 'external', now * MIB));
    expect(world.found).toEqual([]);
  });

  test('is a peer that is new, after a day', () => {
    const world = new World();
    usual(world, 10, 0);
    world.connect('192.0.2.8', 443);
    expect(world.found).toEqual([]);
    usual(world, 40, 0);
    world.connect('192.0.2.9', 443);
    world.connect('192.0.2.9', 443);
    world.connect('10.0.0.9', 443, true, 'container');
    world.connect('192.0.2.8', 443);
    expect(world.found).toEqual(['new-peer']);
  });
});

test('whom a container asks is told where that says enough, and only then', () => {
  const world = new World();
  world.connect('169.254.169.254', 80, false);
  world.connect('192.0.2.1', 9001);
  world.connect('192.0.2.2', 1080);
  world.connect('192.0.2.3', 9001, false);
  world.connect('10.0.0.9', 3128, true, 'container');
  world.connect('169.254.169.254', 80);
  expect(world.found).toEqual(['metadata-access', 'tor', 'proxy']);
});

test('a connection that is answered after the read that saw its attempt is told', () => {
  const analyst = new Analyst();
  const flow = { self: containerEnd('web', '10.0.0.1'), peer: externalEnd('192.0.2.1'), port: 9001 };
  expect(analyst.take([testFlow(flow, { attempts: 1 })], 1000)).toEqual([]);
  const found = analyst.take([testFlow(flow, { attempts: 1, established: 1 })], 2000);
  expect(found.map(({ detector }) => detector)).toEqual(['tor']);
});

test.each<[string, number, boolean, EndpointKind, boolean]>([
  ['192.0.2.1', 3333, true, 'external', true],
  ['192.0.2.1', 3333, false, 'external', false],
  ['10.0.0.9', 3333, true, 'container', false],
  ['xmr.nanopool.org', 443, false, 'external', true],
  ['nanopool.org', 443, true, 'external', true],
  ['nanopool.org.example.net', 443, true, 'external', false],
  ['notnanopool.org', 443, true, 'external', false],
])(
  'a mining pool is known by port or name: %s:%d, answered: %s, %s: %s',
  (remote, port, answered, kind, is) => {
    const world = new World();
    world.connect(remote, port, answered, kind);
    expect(world.found.includes('mining-pool')).toBe(is);
  },
);

function loop(count: number, act: (i: number) => void): void {
  for (let i = 0; i < count; i += 1) act(i);
}
function later(world: World, seconds: number, act: () => void): void {
  world.nowMs += Math.round(seconds * SECOND);
  act();
}
