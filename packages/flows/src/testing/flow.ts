import { type FlowCounters, noCounters } from '../counters.js';
import type { Endpoint } from '../endpoint.js';
import type { Flow } from '../flow.js';

export const containerEnd = (name: string, address: string, workload = name): Endpoint => ({
  ...{ kind: 'container', name, address },
  container: { id: `${name}-id`, name, image: `registry/${workload}:1`, workload },
});

export const externalEnd = (address: string, ...names: readonly string[]): Endpoint => ({
  ...{ kind: 'external', name: names[0] ?? address, address, names },
});

/** A flow between a web server and a database, changed as given. */
export const testFlow = (facts: Partial<Flow> = {}, counters: Partial<FlowCounters> = {}): Flow => ({
  ...{ role: 'client', protocol: 'tcp', port: 5432, local: '10.0.0.1', remote: '10.0.0.2' },
  self: containerEnd('web', '10.0.0.1'),
  peer: containerEnd('db', '10.0.0.2'),
  ...{ isMapped: false, isGuessed: false, isRaw: false, open: 0, firstSeenMs: 0, lastActiveMs: 0 },
  rates: { bytesOut: 0, bytesIn: 0, connections: 0, failures: 0 },
  ...facts,
  counters: { ...noCounters(), ...counters },
});
