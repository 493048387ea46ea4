import { describe, expect, it } from 'vitest';
import { RwRefusal } from '../layout.generated.js';
import { type Answer, answerTo } from './segment.js';

const V4 = { client: [192, 0, 2, 9], server: [10, 77, 0, 3] };
const V6 = {
  client: [0xfd, 0x77, ...Array<number>(13).fill(0), 2],
  server: [0xfd, 0x77, ...Array<number>(13).fill(0), 3],
};
const [FIN, SYN, RST, PSH, ACK] = [1, 2, 4, 8, 16];

interface Segment {
  readonly flags: number;
  readonly seq?: number;
  readonly ack?: number;
  readonly payload?: number;
  readonly options?: number;
  readonly six?: boolean;
}

/** What the kernel sends of a segment from port 40000 of the client to port 8080 of the server. */
function record({ flags, seq = 1000, ack = 0, payload = 0, options = 0, six = false }: Segment): Uint8Array {
  const bytes = new Uint8Array(RwRefusal.size);
  const view = new DataView(bytes.buffer);
  const { client, server } = six ? V6 : V4;
  const offset = six ? 40 : 20;
  bytes.set([...client, ...server], RwRefusal.network + (six ? 8 : 12));
  view.setUint16(RwRefusal.transport, 40_000);
  view.setUint16(RwRefusal.transport + 2, 8080);
  view.setUint32(RwRefusal.transport + 4, seq);
  view.setUint32(RwRefusal.transport + 8, ack);
  view.setUint8(RwRefusal.transport + 12, ((20 + options) / 4) << 4);
  view.setUint8(RwRefusal.transport + 13, flags);
  view.setUint32(RwRefusal.length, offset + 20 + options + payload, true);
  view.setUint32(RwRefusal.offset, offset, true);
  view.setUint32(RwRefusal.netns, 4_026_531_840, true);
  view.setUint32(RwRefusal.ifindex, 7, true);
  view.setUint32(RwRefusal.is_ipv6, six ? 1 : 0, true);
  return bytes;
}

function told(answer: Answer | undefined, six = false): readonly number[] {
  const packet = answer?.packet ?? expect.fail('no answer');
  const view = new DataView(packet.buffer, six ? 40 : 20);
  return [
    view.getUint16(0),
    view.getUint16(2),
    view.getUint32(4),
    view.getUint32(8),
    view.getUint8(13),
    view.byteLength,
  ];
}

/** Of a segment with its pseudo header: nothing is left when the sum is right. */
function left(packet: Uint8Array, six: boolean): number {
  const [addresses, segment] = six
    ? [packet.subarray(8, 40), packet.subarray(40)]
    : [packet.subarray(12, 20), packet.subarray(20)];
  let sum = 6 + segment.length;
  for (const part of [addresses, segment])
    for (let i = 0; i < part.length; i += 2) sum += (part[i] ?? 0) * 256 + (part[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum ^ 0xffff;
}

describe('the answer to a segment that is denied', () => {
  it.each([
    ['who begins', { flags: SYN, options: 20 }, [0, 1001, RST | ACK]],
    ['who begins with data', { flags: SYN, payload: 100 }, [0, 1101, RST | ACK]],
    ['who begins at the end of all numbers', { flags: SYN, seq: 0xffff_ffff }, [0, 0, RST | ACK]],
    ['who goes on', { flags: ACK | PSH, ack: 0xfedc_ba98, payload: 10 }, [0xfedc_ba98, 0, RST]],
    ['who ends without having been answered', { flags: FIN, payload: 5 }, [0, 1006, RST | ACK]],
  ] as const)('is a reset that belongs to the connection of %s', (_, segment, [seq, ack, flags]) => {
    for (const six of [false, true])
      expect(told(answerTo(record({ ...segment, six })), six)).toEqual([8080, 40_000, seq, ack, flags, 20]);
  });

  it.each([false, true])('goes back where it came from, whole (IPv6: %s)', (six) => {
    const { client, server } = six ? V6 : V4;
    const answer = answerTo(record({ flags: SYN, six })) ?? expect.fail('no answer');
    expect([answer.netns, answer.device, [...answer.to]]).toEqual([4_026_531_840, 7, client]);
    const at = six ? 8 : 12;
    expect([...answer.packet.subarray(at, at + 2 * client.length)]).toEqual([...server, ...client]);
    expect(left(answer.packet, six)).toBe(0);
  });

  it('is none to a reset, nor to a record that was cut', () => {
    expect(answerTo(record({ flags: RST }))).toBeUndefined();
    expect(answerTo(record({ flags: RST | ACK }))).toBeUndefined();
    expect(answerTo(record({ flags: SYN }).subarray(0, 40))).toBeUndefined();
  });
});
