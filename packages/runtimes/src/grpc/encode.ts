import { at } from '../io/json.js';
import { type Field, fieldsOf, isScalar, type ProtoPackage } from './schema.js';

/**
 * A message as protobuf: texts, bytes, booleans, numbers from 0 to 2^53, messages of these, lists and maps.
 * Wire format: https://protobuf.dev/programming-guides/encoding/
 */
export function encodeMessage(proto: ProtoPackage, message: string, value: object): Buffer {
  const parts: Buffer[] = [];
  for (const [name, field] of Object.entries(fieldsOf(proto, message))) {
    const given = at(value, name);
    const [id, type, kind] = field;
    if (kind === 'list') {
      for (const each of Array.isArray(given) ? given : []) parts.push(one(proto, field, each));
    } else if (kind === 'map') {
      for (const [key, entry] of Object.entries(typeof given === 'object' ? (given ?? {}) : {}))
        parts.push(
          delimited(id, Buffer.concat([one(proto, [1, 'string'], key), one(proto, [2, type], entry)])),
        );
    } else parts.push(one(proto, field, given));
  }
  return Buffer.concat(parts);
}

function one(proto: ProtoPackage, [id, type]: Field, value: unknown): Buffer {
  if (typeof value === 'string') return delimited(id, Buffer.from(value));
  if (value instanceof Uint8Array) return delimited(id, Buffer.from(value));
  if (typeof value === 'boolean' || typeof value === 'number')
    return Buffer.concat([varint(id * 8), varint(Number(value))]);
  if (typeof value !== 'object' || value === null || isScalar(type)) return Buffer.alloc(0);
  return delimited(id, encodeMessage(proto, type, value));
}

const delimited = (id: number, content: Buffer): Buffer =>
  Buffer.concat([varint(id * 8 + 2), varint(content.length), content]);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
