import { describe, expect, test } from 'vitest';
import type { Flow } from '../flow.js';
import { containerEnd, externalEnd, testFlow } from '../testing/flow.js';
import { Analyst } from './analyst.js';

const HOUR_MS = 3_600_000;

class World {
  readonly #analyst = new Analyst();
  readonly #self = containerEnd('web', '10.0.0.1');
  readonly told: string[] = [];
  #nowMs = 1_700_000_000_000;

  later(hours: number): this {
    this.#nowMs += hours * HOUR_MS;
    return this;
  }

  speak(protocol: string, port: number, answered = true): this {
    const flow: Partial<Flow> = {
      ...{ protocol, port, self: this.#self, remote: '10.9.0.1' },
      peer: externalEnd('db'),
    };
    const counters =
      protocol === 'tcp'
        ? { attempts: 1, ...(answered ? { established: 1 } : { refused: 1 }) }
        : { packetsOut: 1, packetsIn: answered ? 1 : 0 };
    const found = this.#analyst.take([testFlow(flow, counters)], this.#nowMs);
    for (const { detector, text } of found) if (detector === 'new-port') this.told.push(text);
    return this;
  }
}

/** A service that asks a database, a cache and a name server. */
const service = () => new World().speak('tcp', 5432).speak('tcp', 6379).speak('udp', 53);

describe('a port never spoken before', () => {
  test.each<[string, number, string]>([
    ['tcp', 4444, 'tcp/4444'],
    ['udp', 123, 'udp/123'],
    ['icmp', 0, 'icmp'],
  ])('is told of a container that is known for a day: %s %d', (protocol, port, name) => {
    const world = service().later(25).speak(protocol, port).speak(protocol, port);
    expect(world.told).toEqual([
      `spoke ${name} with db, which it did not in the 25 h before; it kept to 3 others`,
    ]);
  });

  test.each<[string, World]>([
    ['of a container that is new', service().later(23).speak('tcp', 4444)],
    ['one that is known', service().later(25).speak('tcp', 5432)],
    ['one that does not answer', service().later(25).speak('tcp', 4444, false).speak('udp', 4444, false)],
    [
      'of a container that speaks with many',
      Array.from({ length: 20 }, (_, i) => 8000 + i)
        .reduce((world, port) => world.speak('tcp', port), service())
        .later(25)
        .speak('tcp', 4444),
    ],
  ])('is not %s', (_, world) => {
    expect(world.told).toEqual([]);
  });

  test('is told of no container more often than it has room for ports', () => {
    const world = service().later(25);
    for (let port = 1; port < 1000; port += 1) world.speak('tcp', port);
    expect(world.told).toHaveLength(13);
  });
});
