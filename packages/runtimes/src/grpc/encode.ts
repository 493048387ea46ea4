import { at } from '../io/json.js';
import { fieldsOf, isScalar, type ProtoPackage } from './schema.js';

/**
 * A request as protobuf: texts, booleans, small numbers and messages of these, which is all that requests need.
 * Wire format: https://protobuf.dev/programming-guides/encoding/
 */
export function encodeMessage(proto: ProtoPackage, message: string, value: object): Buffer {
  const parts: Buffer[] = [];
  for (const [name, [id, type]] of Object.entries(fieldsOf(proto, message))) {
    const field = at(value, name);
    if (typeof field === 'string') parts.push(delimited(id, Buffer.from(field)));
    else if (typeof field === 'boolean' || typeof field === 'number') {
      parts.push(varint(id << 3), varint(Number(field)));
    } else if (typeof field === 'object' && field !== null && !isScalar(type)) {
      parts.push(delimited(id, encodeMessage(proto, type, field)));
    }
  }
  return Buffer.concat(parts);
}

const delimited = (id: number, content: Buffer): Buffer =>
  Buffer.concat([varint((id << 3) | 2), varint(content.length), content]);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
