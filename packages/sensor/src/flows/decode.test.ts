import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressAt, decodeFlow } from './decode.js';
import { RwFlow, RwFlowFlag, RwFlowKey, RwFlowRole } from './layout.generated.js';

const place = (size: number, at = 0) => {
  const bytes = new Uint8Array(size + at);
  return { bytes, data: new DataView(bytes.buffer), at };
};
const mapped = (...ip: readonly number[]): number[] => [...new Array<number>(10).fill(0), 255, 255, ...ip];

test('a flow is read from wherever it lies', () => {
  fc.assert(
    fc.property(
      fc.nat(64),
      fc.nat(2 ** 32 - 1),
      fc.bigInt({ min: 0n, max: 2n ** 53n }),
      (at, attempts, bytes) => {
        const key = place(RwFlowKey.size, at);
        const value = place(RwFlow.size, at);
        key.data.setBigUint64(at + RwFlowKey.cgroup, bytes, true);
        key.bytes.set(mapped(10, 0, 0, 2), at + RwFlowKey.remote);
        key.data.setUint16(at + RwFlowKey.port, 443, true);
        key.data.setUint8(at + RwFlowKey.protocol, 6);
        key.data.setUint8(at + RwFlowKey.role, RwFlowRole.RW_ROLE_SERVER);
        value.data.setUint32(at + RwFlow.attempts, attempts, true);
        value.data.setBigUint64(at + RwFlow.bytes_in, bytes, true);
        value.data.setUint32(at + RwFlow.flags, RwFlowFlag.RW_FLOW_MAPPED, true);
        expect(decodeFlow(key, value)).toMatchObject({
          ...{ cgroup: Number(bytes), role: 'server', protocol: 'tcp', remote: '10.0.0.2', port: 443 },
          ...{ local: '0.0.0.0', isMapped: true, isRaw: false, isGuessed: false },
          counters: { attempts, bytesIn: Number(bytes), bytesOut: 0 },
        });
      },
    ),
  );
});

test('what did not fit of a cgroup is told as that, and unknown protocols by number', () => {
  const [key, value] = [place(RwFlowKey.size), place(RwFlow.size)];
  key.data.setUint8(RwFlowKey.protocol, 89);
  value.data.setUint32(RwFlow.flags, RwFlowFlag.RW_FLOW_REST, true);
  expect(decodeFlow(key, value)).toMatchObject({ role: 'rest', protocol: 'ip-89' });
});

test.each([
  ['10.0.0.2', mapped(10, 0, 0, 2)],
  ['::', new Array<number>(16).fill(0)],
  ['::1', [...new Array<number>(15).fill(0), 1]],
  ['fd00::ffff:a00:2', [0xfd, ...new Array<number>(9).fill(0), 255, 255, 10, 0, 0, 2]],
])('the address %s is read', (text, bytes) => {
  expect(addressAt(Uint8Array.from([9, ...bytes]), 1)).toBe(text);
});
