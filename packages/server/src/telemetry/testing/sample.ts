import type { SentRecord, UplinkRecord } from '@runward/protocol';
import type { Origin } from '../telemetry.js';

const BOOT = 'a'.repeat(32);
export const origin = (change: Partial<Origin> = {}): Origin => ({
  ...{ nodeId: '0d1d2c7e-9a54-4f0f-8f3f-6c0f3d1f2a11', node: 'node-1', cluster: 'main' },
  ...{ receivedMs: 1_700_000_100_000, skewMs: -3, ...change },
});
/** As it travels: its body is text. */
export const record = (seq: number, { body, ...change }: Partial<UplinkRecord> = {}): SentRecord => ({
  ...{ boot: BOOT, seq, kind: 'detection', timeMs: 1_700_000_000_000 + seq, priority: 'Warning' },
  ...{ rule: 'A shell', namespace: 'shop', workload: 'web', container: 'c1', incident: '' },
  ...{ ...change, body: JSON.stringify(body ?? { seq, text: 'ü\u0000\ud800"', deep: [{ a: null }] }) },
});
