import { describe, expect, test } from 'vitest';
import type { Flow } from '../flow.js';
import { containerEnd, externalEnd, testFlow } from '../testing/flow.js';
import { FlowLedger } from './flow-ledger.js';

const policy = (allowed: number, denied: number, wouldDeny = 0) => ({
  ...{ allowed, denied, wouldDeny, lastDeniedMs: 5 },
});
const named = (...flows: readonly Flow[]) =>
  flows.map((flow, at) => ({ key: `${at}`, policyKey: `${at}`, flow }));

describe('the ledger of flows', () => {
  test('tells what happened since the last look, once', () => {
    const ledger = new FlowLedger();
    const first = testFlow({ open: 1 }, { attempts: 3, established: 2, bytesOut: 10 });
    expect(ledger.take(named(first))).toMatchObject([
      {
        ...{ role: 'client', protocol: 'tcp', port: 5432, open: 1 },
        ...{ self: { name: 'web' }, peer: { name: 'db' } },
        ...{
          selfAddresses: { known: ['10.0.0.1'], more: 0 },
          peerAddresses: { known: ['10.0.0.2'], more: 0 },
        },
        counters: { attempts: 3, established: 2, bytesOut: 10 },
      },
    ]);
    expect(ledger.take(named(first))).toEqual([]);
    const later = testFlow({}, { attempts: 4, established: 2, bytesOut: 25 });
    expect(ledger.take(named(later))).toMatchObject([
      { counters: { attempts: 1, established: 0, bytesOut: 15 } },
    ]);
  });

  test('counts a flow that was forgotten and came again from zero', () => {
    const ledger = new FlowLedger();
    ledger.take(named(testFlow({ firstSeenMs: 1 }, { attempts: 9 })));
    const again = testFlow({ firstSeenMs: 700 }, { attempts: 10 });
    expect(ledger.take(named(again))).toMatchObject([{ counters: { attempts: 10 } }]);
  });

  test('tells verdicts where nothing else happened, and those that began anew', () => {
    const ledger = new FlowLedger();
    expect(ledger.take(named(testFlow({ policy: policy(0, 2) })))).toMatchObject([{ policy: { denied: 2 } }]);
    expect(ledger.take(named(testFlow({ policy: policy(0, 2) })))).toEqual([]);
    expect(ledger.take(named(testFlow({ policy: policy(0, 3, 4) })))).toMatchObject([
      { policy: { denied: 1, wouldDeny: 4 } },
    ]);
    // Forgotten meanwhile.
    expect(ledger.take(named(testFlow({ policy: policy(0, 1, 0) })))).toMatchObject([
      { policy: { denied: 1, wouldDeny: 0 } },
    ]);
  });

  test('tells a verdict once, also when the flow comes to be after it, or there are two', () => {
    const ledger = new FlowLedger();
    const said = (key: string, denied: number) => ({
      ...{ key, policyKey: 'same' },
      flow: testFlow({ policy: policy(0, denied) }, { attempts: 1 }),
    });
    expect(ledger.take([said('never', 2)])).toMatchObject([{ policy: { denied: 2 } }]);
    expect(ledger.take([said('one', 3), said('two', 3)])).toMatchObject([
      { policy: { denied: 1 }, counters: { attempts: 2 } },
    ]);
  });

  test('adds replicas at the other end up, with as many of their addresses as there is room for', () => {
    const flows = Array.from({ length: 20 }, (_, n) =>
      testFlow(
        { peer: { ...containerEnd('db', `10.0.1.${n}`, 'shop/db') }, remote: `10.0.1.${n}` },
        { attempts: 1 },
      ),
    );
    const [summary, ...more] = new FlowLedger().take(named(...flows));
    expect(more).toEqual([]);
    expect(summary).toMatchObject({ counters: { attempts: 20 }, peerAddresses: { more: 4 } });
    expect(summary?.peerAddresses.known).toHaveLength(16);
  });

  test('keeps containers, ports, roles and protocols apart', () => {
    const flows = [
      testFlow({}, { attempts: 1 }),
      testFlow({ port: 80 }, { attempts: 1 }),
      testFlow({ role: 'server' }, { established: 1 }),
      testFlow({ protocol: 'udp' }, { packetsOut: 1 }),
      testFlow({ self: containerEnd('web-2', '10.0.0.9', 'web') }, { attempts: 1 }),
    ];
    expect(new FlowLedger().take(named(...flows))).toHaveLength(5);
  });

  test('leaves out flows that no container has a part in at their own end', () => {
    const host = { kind: 'host', name: 'host', address: '192.0.2.1' } as const;
    expect(new FlowLedger().take(named(testFlow({ self: host }, { attempts: 1 })))).toEqual([]);
  });

  test('is bounded for each container, and counts the rest together: what was denied is told by itself', () => {
    const scan = Array.from({ length: 30 }, (_, n) => testFlow({ port: 1000 + n }, { attempts: 1 }));
    const denied = testFlow({ port: 22, policy: policy(0, 1) });
    const used = testFlow({ port: 443 }, { attempts: 50 });
    const other = testFlow(
      { self: containerEnd('db', '10.0.0.2'), peer: externalEnd('192.0.2.7') },
      { attempts: 1 },
    );
    const found = new FlowLedger(8).take(named(...scan, denied, used, other));
    const own = found.filter(({ self }) => self.name === 'web');
    expect(own.length).toBeLessThanOrEqual(8);
    expect(own.slice(0, 2).map(({ port }) => port)).toEqual([22, 443]);
    expect(own.reduce((sum, { counters }) => sum + counters.attempts, 0)).toBe(80);
    expect(own.at(-1)).toMatchObject({ peer: undefined, port: 0, peerAddresses: { known: ['10.0.0.2'] } });
    expect(found).toHaveLength(own.length + 1);
  });
});
