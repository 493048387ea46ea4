import { RuntimesError } from '../error.js';
import { type Field, fieldsOf, isScalar, type ProtoPackage, type ScalarType } from './schema.js';

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

type Message = Record<string, unknown>;
/** Without a prototype: keys of maps come from outside and may be called anything. */
const blank = (): Message => Object.create(null) as Message; // the only shape `null` can give

/**
 * A message as plain data by the tables of `proto`: 64-bit numbers as decimal strings, absent fields absent,
 * unknown fields skipped. The tables are not recursive, so neither is the input's depth the sender's choice.
 *
 * @throws RuntimesError `RUNTIME_ANSWER_MALFORMED`
 */
export function decodeMessage(proto: ProtoPackage, message: string, bytes: Buffer): Message {
  const byId = new Map(
    Object.entries(fieldsOf(proto, message)).map(([name, field]) => [field[0], { name, field }]),
  );
  const reader = new Reader(bytes);
  const result = blank();
  while (!reader.isAtEnd) {
    const key = Number(reader.varint() & 0xffff_ffffn);
    const wire = key & 7;
    const known = byId.get(key >>> 3);
    if (known === undefined) reader.skip(wire);
    else store(result, known.name, known.field, readValue(proto, known.field, reader, wire));
  }
  return result;
}

function store(result: Message, name: string, [, , kind]: Field, value: unknown): void {
  if (kind === 'list') {
    const list = result[name];
    if (Array.isArray(list)) list.push(value);
    else result[name] = [value];
  } else if (kind === 'map') {
    const entry = value as { key?: string; value?: unknown }; // made by readEntry below
    const map = (result[name] ?? blank()) as Message; // stored by the next line alone
    result[name] = map;
    map[entry.key ?? ''] = entry.value ?? '';
  } else result[name] = value;
}

function readValue(proto: ProtoPackage, [, type, kind]: Field, reader: Reader, wire: number): unknown {
  if (kind === 'map') return readEntry(proto, type, reader.delimited(wire));
  return isScalar(type) ? reader.scalar(type, wire) : decodeMessage(proto, type, reader.delimited(wire));
}

/** An entry of a map is a message of key (1) and value (2). */
function readEntry(proto: ProtoPackage, type: string, bytes: Buffer): Message {
  const entry: ProtoPackage = {
    ...proto,
    messages: { ...proto.messages, '': { key: [1, 'string'], value: [2, type] } },
  };
  return decodeMessage(entry, '', bytes);
}

class Reader {
  private offset = 0;

  constructor(private readonly bytes: Buffer) {}

  get isAtEnd(): boolean {
    return this.offset >= this.bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.offset];
      if (byte === undefined) throw malformed();
      this.offset += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw malformed();
  }

  delimited(wire: number): Buffer {
    if (wire !== DELIMITED) throw malformed();
    const length = this.varint();
    if (length > BigInt(this.bytes.length - this.offset)) throw malformed();
    const start = this.offset;
    this.offset += Number(length);
    return this.bytes.subarray(start, this.offset);
  }

  scalar(type: ScalarType, wire: number): unknown {
    if (type === 'string') return this.delimited(wire).toString('utf8');
    if (type === 'bytes') return this.delimited(wire);
    if (wire !== VARINT) throw malformed();
    const value = this.varint();
    if (type === 'bool') return value !== 0n;
    return type === 'int32' ? Number(BigInt.asIntN(32, value)) : BigInt.asIntN(64, value).toString();
  }

  skip(wire: number): void {
    if (wire === VARINT) this.varint();
    else if (wire === DELIMITED) this.delimited(wire);
    else if (wire === FIXED64) this.offset += 8;
    else if (wire === FIXED32) this.offset += 4;
    else throw malformed();
    if (this.offset > this.bytes.length) throw malformed();
  }
}

const malformed = (): RuntimesError =>
  new RuntimesError('RUNTIME_ANSWER_MALFORMED', 'the message is not what its schema allows');
