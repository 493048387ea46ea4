/** What answers a TCP segment nobody may send: the reset of a port that is closed (RFC 9293, 3.5.2). */
import { RwRefusal } from '../layout.generated.js';

export interface Answer {
  /** Number of the network namespace it is to be sent in. */
  readonly netns: number;
  /** Number of the device the segment came by. */
  readonly device: number;
  /** 4 or 16 bytes. */
  readonly to: Uint8Array;
  /** The whole IP packet. */
  readonly packet: Uint8Array;
}

const TCP_BYTES = 20;
const PROTO_TCP = 6;
const [FIN, SYN, RST, ACK] = [0x01, 0x02, 0x04, 0x10];
const HOPS = 64;

/** undefined when it is none that is answered. */
export function answerTo(record: Uint8Array): Answer | undefined {
  if (record.length < RwRefusal.size) return undefined;
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const u32 = (at: number): number => view.getUint32(at, true);
  const isIpv6 = u32(RwRefusal.is_ipv6) !== 0;
  const [from, to, size] = isIpv6 ? [8, 24, 16] : [12, 16, 4];
  const address = (at: number): Uint8Array =>
    record.slice(RwRefusal.network + at, RwRefusal.network + at + size);
  const sender = address(from);
  if (view.getUint8(RwRefusal.transport + 13) & RST) return undefined;
  const left = u32(RwRefusal.length) - u32(RwRefusal.offset);
  const segment = resetOf(view, RwRefusal.transport, left);
  const packet = isIpv6 ? ipv6Packet(address(to), sender, segment) : ipv4Packet(address(to), sender, segment);
  return { netns: u32(RwRefusal.netns), device: u32(RwRefusal.ifindex), to: sender, packet };
}

/** To the TCP header at `at`, which begins a segment of `length` bytes. */
function resetOf(view: DataView, at: number, length: number): Uint8Array {
  const flags = view.getUint8(at + 13);
  const payload = Math.max(0, length - (view.getUint8(at + 12) >> 4) * 4);
  const counted = payload + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0);
  const reset = new DataView(new ArrayBuffer(TCP_BYTES));
  reset.setUint16(0, view.getUint16(at + 2));
  reset.setUint16(2, view.getUint16(at));
  if (flags & ACK) {
    reset.setUint32(4, view.getUint32(at + 8));
    reset.setUint8(13, RST);
  } else {
    reset.setUint32(8, view.getUint32(at + 4) + counted); // wraps, as sequence numbers do
    reset.setUint8(13, RST | ACK);
  }
  reset.setUint8(12, (TCP_BYTES / 4) << 4);
  return new Uint8Array(reset.buffer);
}

/** The kernel fills in the identification and the sum of the header. */
function ipv4Packet(from: Uint8Array, to: Uint8Array, segment: Uint8Array): Uint8Array {
  const packet = new Uint8Array(20 + segment.length);
  const view = new DataView(packet.buffer);
  packet[0] = 0x45;
  view.setUint16(2, packet.length);
  view.setUint16(6, 0x4000); // is not to be fragmented
  packet.set([HOPS, PROTO_TCP], 8);
  packet.set(from, 12);
  packet.set(to, 16);
  packet.set(summed(from, to, segment), 20);
  return packet;
}

function ipv6Packet(from: Uint8Array, to: Uint8Array, segment: Uint8Array): Uint8Array {
  const packet = new Uint8Array(40 + segment.length);
  packet[0] = 0x60;
  new DataView(packet.buffer).setUint16(4, segment.length);
  packet.set([PROTO_TCP, HOPS], 6);
  packet.set(from, 8);
  packet.set(to, 24);
  packet.set(summed(from, to, segment), 40);
  return packet;
}

/** The segment with its sum: of itself, both addresses, its protocol and its length (RFC 9293, 3.1). */
function summed(from: Uint8Array, to: Uint8Array, segment: Uint8Array): Uint8Array {
  let sum = PROTO_TCP + segment.length;
  for (const part of [from, to, segment])
    for (let i = 0; i < part.length; i += 2) sum += ((part[i] ?? 0) << 8) | (part[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  new DataView(segment.buffer).setUint16(16, ~sum & 0xffff);
  return segment;
}
