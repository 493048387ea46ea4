import type { Detection } from '@runward/detect';
import { type Flow, noCounters } from '@runward/flows';
import type { LookUp } from '@runward/flows/analyse';
import { expect, test } from 'vitest';
import type { FlowService } from './flow-service.js';
import { watchFlows } from './watch-flows.js';

test('what the flows of a container say together is a detection with its evidence', () => {
  let tell: (flows: readonly Flow[]) => void = () => undefined;
  let tellLookUps: (lookUps: readonly LookUp[]) => void = () => undefined;
  let isOver = false;
  const service: Pick<FlowService, 'follow' | 'followLookUps'> = {
    followLookUps: (take) => {
      tellLookUps = take;
      return () => undefined;
    },
    follow: (_, take) => {
      tell = take;
      return () => {
        isOver = true;
      };
    },
  };
  const found: Detection[] = [];
  const stop = watchFlows(service, 'node-1', (detections) => void found.push(...detections));
  const flow = (port: number): Flow => ({
    ...{ role: 'client', protocol: 'tcp', port, local: '10.0.0.2', remote: '10.0.0.9', open: 0 },
    counters: { ...noCounters(), attempts: 1, refused: 1 },
    self: {
      ...{ kind: 'container', name: 'web', address: '10.0.0.2' },
      container: {
        ...{ id: 'abc', name: 'web', image: 'nginx', workload: 'prod/web' },
        pod: { name: 'web-1', namespace: 'prod' },
      },
    },
    peer: { kind: 'external', name: '10.0.0.9', address: '10.0.0.9' },
    ...{ isMapped: false, isGuessed: false, isRaw: false, firstSeenMs: 0, lastActiveMs: 0 },
    rates: { bytesOut: 0, bytesIn: 0, connections: 0, failures: 0 },
  });
  tell(Array.from({ length: 40 }, (_, i) => flow(i + 1)));
  expect(found).toMatchObject([
    {
      ...{ rule: 'Network: port scan', priority: 'Warning', source: 'flow', hostname: 'node-1' },
      output: 'web tried 30 ports of 10.0.0.9 within 1 min, 30 without an answer',
      tags: ['network', 'flow', 'T1046'],
      output_fields: { 'flow.detector': 'port-scan', 'flow.address': '10.0.0.9', 'flow.targets': 30 },
      container: { id: 'abc', image: 'nginx', pod: 'web-1', namespace: 'prod' },
    },
  ]);
  const { self } = flow(1);
  tellLookUps([{ self, name: 'x.example.org', type: 16, bytes: 70_000 }]);
  expect(found[1]).toMatchObject({
    ...{ rule: 'Network: DNS tunnel', priority: 'Warning' },
    output_fields: { 'flow.detector': 'dns-tunnel', 'flow.domain': 'example.org', 'flow.bytes': 70_000 },
  });
  stop();
  expect(isOver).toBe(true);
});
