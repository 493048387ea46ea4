import {
  type ConntrackEntry,
  conntrackIndex,
  type FlowReading,
  FlowTable,
  noCounters,
  type TableEntry,
} from '@runward/flows';
import { describe, expect, test } from 'vitest';
import { Ends } from './ends.js';
import type { Resident } from './residents.js';

const HOST_NETNS = 1;
const pod = { name: 'shop-7d', namespace: 'prod' };

/** cgroup → container of that number; 1 is the host's. */
const container = (n: number, inPod = false): Resident => ({
  kind: 'container',
  // Only what names an end is looked at.
  info: {} as Extract<Resident, { kind: 'container' }>['info'],
  container: {
    ...{ id: `id-${n}`, name: `c${n}`, image: '', workload: `w${n}` },
    pod: inPod ? pod : undefined,
  },
});

function world(entries: readonly ConntrackEntry[] = [], residents = new Map<number, Resident>()) {
  const names = { namesOf: (ip: string) => (ip === '192.0.2.7' ? ['api.test'] : []) };
  const ends = new Ends(
    {
      hostNetns: HOST_NETNS,
      of: (cgroup) => residents.get(cgroup) ?? (cgroup === 1 ? { kind: 'host' } : container(cgroup)),
    },
    { current: conntrackIndex(entries) },
    (cgroup) => (cgroup === 2 ? names : undefined),
  );
  ends.book.note('10.0.0.1', HOST_NETNS);
  ends.book.note('10.0.0.2', 12, 2);
  ends.book.note('10.0.0.3', 13, 3);
  ends.book.note('10.0.0.4', 14, 4);
  return ends;
}

function entry(facts: Partial<FlowReading>): TableEntry {
  const table = new FlowTable({ capacity: 9, rememberMs: 1 });
  const reading: FlowReading = {
    ...{ cgroup: 2, netns: 12, role: 'client', protocol: 'tcp', remote: '10.0.0.3', port: 80, firstNs: 1 },
    ...{ local: '10.0.0.2', isMapped: false, isGuessed: false, isRaw: false, counters: noCounters() },
    ...facts,
  };
  table.take(reading, 0);
  const made = table.get(reading);
  if (made === undefined) throw new Error('it was just taken');
  return made;
}

const translated = (facts: Partial<ConntrackEntry>): ConntrackEntry => ({
  ...{ protocol: 'tcp', source: '10.0.0.2', target: '10.96.0.1', targetPort: 443 },
  ...{ server: '10.0.0.3', serverPort: 8443, seenClient: '10.0.0.2' },
  ...facts,
});

describe('the other end', () => {
  test.each<[string, Partial<FlowReading>, unknown]>([
    ['a container of this machine', {}, { kind: 'container', name: 'c3', address: '10.0.0.3' }],
    ['the host', { remote: '10.0.0.1' }, { kind: 'host', address: '10.0.0.1' }],
    ['outside, with its name', { remote: '192.0.2.7' }, { kind: 'external', name: 'api.test' }],
    ['outside, nameless', { remote: '192.0.2.8' }, { kind: 'external', name: '192.0.2.8' }],
    ['outside, named to another', { cgroup: 3, netns: 13, remote: '192.0.2.7' }, { name: '192.0.2.7' }],
  ])('is %s', (_, facts, expected) => {
    expect(world().peer(entry(facts))).toMatchObject(expected as object); // a row of the table
  });

  test('behind a service is its backend, the service itself when backends differ', () => {
    const asked = entry({ remote: '10.96.0.1', port: 443 });
    const service = { address: '10.96.0.1', port: 443 };
    expect(world([translated({})]).peer(asked)).toMatchObject({ name: 'c3', port: 8443, service });
    const two = world([translated({}), translated({ server: '10.0.0.4' })]);
    expect(two.peer(asked)).toMatchObject({ kind: 'service', name: '10.96.0.1', service });
    const away = world([translated({ server: '192.0.2.7' })]);
    expect(away.peer(asked)).toMatchObject({ kind: 'external', name: 'api.test', port: 8443, service });
  });

  test('that hides behind the host is who asked', () => {
    const masked = translated({ target: '10.0.0.3', targetPort: 8443, seenClient: '10.0.0.1' });
    const seen = entry({
      cgroup: 3,
      netns: 13,
      role: 'server',
      remote: '10.0.0.1',
      local: '10.0.0.3',
      port: 8443,
    });
    expect(world([masked]).peer(seen)).toMatchObject({ kind: 'container', name: 'c2' });
    expect(world().peer(seen)).toMatchObject({ kind: 'host' });
  });

  test('of a pod whose containers cannot be told apart is the pod', () => {
    const residents = new Map([3, 5].map((n) => [n, container(n, true)]));
    const ends = world([], residents);
    ends.book.note('10.0.0.3', 13, 5);
    expect(ends.peer(entry({}))).toMatchObject({
      kind: 'container',
      name: 'shop-7d',
      container: { id: '', pod },
    });
    ends.book.noteFlow(entry({ cgroup: 5, netns: 13, role: 'server', remote: '10.0.0.2' }).id, '10.0.0.3');
    expect(ends.peer(entry({}))).toMatchObject({ name: 'c5' });
  });

  test('stays known when its container is gone', () => {
    const ends = world();
    const talked = entry({});
    expect(ends.peer(talked).name).toBe('c3');
    ends.book.forget(new Set([3]));
    expect(ends.peer(talked).name).toBe('c3');
    expect(ends.peer(entry({})).kind).toBe('external');
  });
});
