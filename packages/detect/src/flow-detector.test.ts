import { type FlowFacts, type FlowView, fieldCatalogue, flowCatalogue } from '@runward/events';
import { testContainer } from '@runward/events/testing';
import { loadRules } from '@runward/rules';
import { describe, expect, test } from 'vitest';
import type { Detection } from './detection.js';
import { FlowDetector } from './flow-detector.js';

const RULES = `
- list: quiet_ports
  items: [443]
- macro: outbound
  condition: flow.direction = egress
- macro: from_web
  condition: container.name = web
- rule: Database asked
  desc: d
  source: flow
  condition: outbound and from_web and fd.sport = 5432 and not fd.sport in (quiet_ports)
  output: '%container.name asked %fd.sip:%fd.sport (%flow.peer.name, %flow.state)'
  priority: WARNING
  tags: [network]
  exceptions:
    - { name: backup, fields: flow.peer.workload, values: [prod/backup] }
- rule: Much sent
  desc: d
  source: flow
  condition: flow.bytes.out > 1000 and fd.snet = "10.0.0.0/8"
  output: '%flow.bytes.out bytes'
  priority: NOTICE
- rule: Denied
  desc: d
  source: flow
  condition: flow.verdict in (denied, would-deny)
  output: '%flow.verdict'
  priority: ERROR
- rule: Of events
  desc: d
  condition: evt.type = connect and from_web
  output: o
  priority: ERROR
`;

const none = {
  ...{ bytesOut: 0, bytesIn: 0, packetsOut: 0, packetsIn: 0, attempts: 1, established: 0, existing: 0 },
  ...{ closed: 0, refused: 0, timedOut: 0, unreachable: 0, abandoned: 0, resetsIn: 0, resetsOut: 0 },
};
const flow = (facts: Partial<FlowFacts> = {}): FlowFacts => ({
  ...{ role: 'client', protocol: 'tcp', port: 5432, local: '10.0.0.1', remote: '10.0.0.2' },
  ...{ isMapped: false, isGuessed: false, isRaw: false, open: 0, firstSeenMs: 1000, lastActiveMs: 4000 },
  peer: {
    ...{ kind: 'container', name: 'db' },
    container: { id: 'd'.repeat(64), name: 'db', image: 'postgres', workload: 'prod/db' },
  },
  counters: none,
  rates: { bytesOut: 0, bytesIn: 0, connections: 0, failures: 0 },
  ...facts,
});
const view = (facts: Partial<FlowFacts> = {}): FlowView => ({
  ...{ timeNs: 1_000_000_000n, hostname: 'node-1', workload: 'prod/web' },
  ...{ container: testContainer({ name: 'web' }), flow: flow(facts) },
  namesOf: (address) => (address === '10.0.0.2' ? ['db.test'] : []),
});

const detector = (most?: number): FlowDetector => {
  const { value, diagnostics } = loadRules([{ name: 'r.yaml', text: RULES }], { catalogue: fieldCatalogue });
  expect(diagnostics).toEqual([]);
  return new FlowDetector(value?.flowRules ?? [], most);
};
const judged = (of: FlowDetector, facts: Partial<FlowFacts>, key = 'k'): string[] => {
  const found: Detection[] = [];
  of.judge(view(facts), key, (detection) => found.push(detection));
  return found.map(({ rule }) => rule);
};

describe('a rule about flows', () => {
  test('uses lists, macros that rules about events use too, and exceptions', () => {
    const found: Detection[] = [];
    detector().judge(view(), 'k', (detection) => found.push(detection));
    expect(found).toMatchObject([
      {
        ...{ rule: 'Database asked', source: 'flow', priority: 'Warning', hostname: 'node-1' },
        ...{ output: 'web asked 10.0.0.2:5432 (db, attempted)', tags: ['network'] },
        output_fields: { 'container.name': 'web', 'fd.sip': '10.0.0.2', 'fd.sport': 5432 },
        container: { name: 'web' },
        event: { type: 'flow' },
      },
    ]);
    const backup = { id: 'b', name: 'b', image: '', workload: 'prod/backup' };
    expect(judged(detector(), { peer: { kind: 'container', name: 'b', container: backup } })).toEqual([]);
  });

  test('is told when it comes to hold, and again only after it ceased to or the flow is another', () => {
    const of = detector();
    const policy = { allowed: 0, denied: 0, wouldDeny: 1 };
    expect(judged(of, {})).toEqual(['Database asked']);
    expect(judged(of, {})).toEqual([]);
    expect(judged(of, { counters: { ...none, bytesOut: 1001 } })).toEqual(['Much sent']);
    expect(judged(of, { counters: { ...none, bytesOut: 2000 }, policy })).toEqual(['Denied']);
    expect(judged(of, { port: 80 })).toEqual([]);
    expect(judged(of, {})).toEqual(['Database asked']);
    expect(judged(of, { firstSeenMs: 2000 })).toEqual(['Database asked']);
  });

  test('is remembered for so many flows', () => {
    const of = detector(2);
    for (const key of ['a', 'b', 'c']) expect(judged(of, {}, key)).toEqual(['Database asked']);
    expect(judged(of, {}, 'c')).toEqual([]);
    expect(judged(of, {}, 'a')).toEqual(['Database asked']);
  });
});

describe('what a flow has', () => {
  const read = (name: string, facts: Partial<FlowFacts> = {}): unknown =>
    flowCatalogue.get(name)?.extract(view(facts), undefined);
  const counted = (counters: Partial<FlowFacts['counters']>): Partial<FlowFacts> => ({
    counters: { ...none, attempts: 0, ...counters },
  });

  test.each<[string, Partial<FlowFacts>, unknown]>([
    ['fd.sip', {}, '10.0.0.2'],
    ['fd.cip', {}, '10.0.0.1'],
    ['fd.sip', { role: 'server' }, '10.0.0.1'],
    ['fd.cip', { role: 'server' }, '10.0.0.2'],
    ['fd.lport', {}, undefined],
    ['fd.rport', {}, 5432],
    ['fd.lport', { role: 'server' }, 5432],
    ['fd.sport', { port: 0, protocol: 'icmp' }, undefined],
    ['fd.sproto', {}, 'postgresql'],
    ['fd.l4proto', { protocol: 'icmpv6' }, 'icmp'],
    ['fd.l4proto', { isRaw: true }, 'raw'],
    ['fd.type', { isMapped: true }, 'ipv4'],
    ['fd.type', { remote: 'fd00::1' }, 'ipv6'],
    ['fd.rip.name', {}, ['db.test']],
    ['fd.lip.name', {}, undefined],
    ['fd.ip', { local: '' }, ['10.0.0.2']],
    ['flow.direction', { role: 'server' }, 'ingress'],
    ['flow.duration', {}, 3_000_000_000n],
    ['flow.peer.container.id', {}, 'dddddddddddd'],
    ['flow.verdict', {}, undefined],
    ['flow.verdict', { policy: { allowed: 2, denied: 1, wouldDeny: 0 } }, ['allowed', 'denied']],
    ['flow.state', { open: 1 }, 'open'],
    ['flow.state', counted({ attempts: 1, established: 1, closed: 1 }), 'closed'],
    ['flow.state', counted({ attempts: 1, refused: 1 }), 'failed'],
    ['flow.state', { ...counted({}), policy: { allowed: 0, denied: 1, wouldDeny: 0 } }, 'denied'],
    ['flow.state', { protocol: 'udp', ...counted({ packetsOut: 1 }) }, 'unanswered'],
    ['flow.state', { protocol: 'udp', ...counted({ packetsOut: 1, packetsIn: 1 }) }, 'answered'],
    ['container.name', {}, 'web'],
  ])('%s of %j', (name, facts, expected) => {
    expect(read(name, facts)).toEqual(expected);
  });

  test('has the type that events have where the name is the same', () => {
    const other = [...flowCatalogue.values()].filter(({ name, type, list }) => {
      const event = fieldCatalogue.get(name);
      return event !== undefined && (event.type !== type || event.list !== list);
    });
    expect(other.map(({ name }) => name)).toEqual([]);
  });

  test.each([...flowCatalogue.values()].map((row) => [row.name, row] as const))(
    '%s is described',
    (_, row) => {
      expect(row.doc).toMatch(/^[a-z0-9`-].*[^.]$/);
      expect(row.from).not.toBe('');
    },
  );
});
