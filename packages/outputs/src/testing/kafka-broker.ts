import { createServer as createTcp, type Server, type Socket } from 'node:net';
import { createServer as createTls, type TlsOptions } from 'node:tls';
import { type KafkaLogin, LoginExchange } from './kafka-login.js';
import { crc32c, WireReader, WireWriter } from './kafka-wire.js';
import { portOf } from './receivers.js';

const PRODUCE = 0;
const METADATA = 3;
const HANDSHAKE = 17;
const API_VERSIONS = 18;
const AUTHENTICATE = 36;
/** The newest that is not flexible of each; brokers of Kafka 2.1 to 4 have them. */
const VERSIONS: Readonly<Record<number, readonly [least: number, most: number]>> = {
  [PRODUCE]: [3, 7],
  [METADATA]: [0, 5],
  [HANDSHAKE]: [0, 1],
  [API_VERSIONS]: [0, 2],
  [AUTHENTICATE]: [0, 1],
};
const NO_ERROR = 0;
const UNKNOWN_TOPIC = 3;
const UNSUPPORTED_MECHANISM = 33;
const AUTHENTICATION_FAILED = 58;

export interface KafkaRecord {
  readonly partition: number;
  readonly key: string;
  readonly value: string;
}

export interface KafkaBrokerOptions {
  readonly topic: string;
  readonly partitions: number;
  readonly login?: KafkaLogin;
  readonly tls?: TlsOptions;
  /** The error code a batch is answered with; 0 takes it. */
  readonly judge?: (records: readonly KafkaRecord[], count: number) => number;
}

/** One broker that leads every partition of one topic, written after Kafka's protocol guide and not after any client. */
export class KafkaBroker {
  readonly records: KafkaRecord[] = [];
  /** Of each Produce request. */
  readonly acks: number[] = [];
  readonly #options: KafkaBrokerOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #count = 0;

  constructor(options: KafkaBrokerOptions) {
    this.#options = options;
    const take = (socket: Socket): void => this.#take(socket);
    this.#server = options.tls === undefined ? createTcp(take) : createTls(options.tls, take);
    this.#server.on('tlsClientError', () => undefined);
  }

  #take(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    const connection = new Connection(this.#options, (reader) => this.#produce(reader), portOf(this.#server));
    let rest = Buffer.alloc(0);
    socket.on('data', (data) => {
      rest = Buffer.concat([rest, data]);
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const size = rest.readInt32BE(0);
        const answer = connection.answer(new WireReader(rest.subarray(4, 4 + size)));
        rest = rest.subarray(4 + size);
        if (answer === undefined) {
          socket.destroy();
          return;
        }
        socket.write(new WireWriter().bytes(answer).done());
      }
    });
  }

  #produce(request: WireReader): Buffer {
    request.string(); // transactional id
    this.acks.push(request.int16());
    request.int32(); // time-out
    const topics = request.array(() => ({
      topic: request.string(),
      partitions: request.array(() => ({ partition: request.int32(), batch: request.bytes() })),
    }));
    const answer = new WireWriter();
    answer.array(topics, ({ topic, partitions }) => {
      answer.string(topic).array(partitions, ({ partition, batch }) => {
        const records = readBatch(batch).map((record) => ({ partition, ...record }));
        const isKnown = topic === this.#options.topic && partition < this.#options.partitions;
        const error = isKnown ? (this.#options.judge?.(records, this.#count++) ?? NO_ERROR) : UNKNOWN_TOPIC;
        if (error === NO_ERROR) this.records.push(...records);
        answer.int32(partition).int16(error).int64(0n).int64(-1n).int64(0n);
      });
    });
    return answer.int32(0).done();
  }

  async listen(port = 0): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return portOf(this.#server);
  }

  async end(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

class Connection {
  readonly #options: KafkaBrokerOptions;
  readonly #produce: (request: WireReader) => Buffer;
  readonly #port: number;
  #login: LoginExchange | undefined;

  constructor(options: KafkaBrokerOptions, produce: (request: WireReader) => Buffer, port: number) {
    this.#options = options;
    this.#produce = produce;
    this.#port = port;
  }

  /** undefined: the connection is ended, as brokers do with who does not keep to the protocol. */
  answer(request: WireReader): Buffer | undefined {
    const [key, version, correlation] = [request.int16(), request.int16(), request.int32()];
    request.string(); // client id
    const [least, most] = VERSIONS[key] ?? [0, -1];
    if (version < least || version > most) return undefined;
    const body = this.#body(key, version, request);
    return body && Buffer.concat([new WireWriter().int32(correlation).done(), body]);
  }

  #body(key: number, version: number, request: WireReader): Buffer | undefined {
    if (key === API_VERSIONS) return versions(version);
    if (key === HANDSHAKE) return this.#handshake(request.string() ?? '');
    if (key === AUTHENTICATE) return this.#authenticate(request.bytes(), version);
    const { login, topic, partitions } = this.#options;
    if (login !== undefined && this.#login?.isDone !== true) return undefined;
    if (key === METADATA) return metadata(version, topic, partitions, this.#port);
    return version >= 5 ? this.#produce(request) : undefined;
  }

  #handshake(mechanism: string): Buffer {
    const { login } = this.#options;
    const isKnown = login?.mechanism === mechanism;
    if (isKnown) this.#login = new LoginExchange(login);
    const writer = new WireWriter().int16(isKnown ? NO_ERROR : UNSUPPORTED_MECHANISM);
    return writer.array(login === undefined ? [] : [login.mechanism], (name) => writer.string(name)).done();
  }

  #authenticate(message: Buffer, version: number): Buffer {
    const said = this.#login?.answer(message);
    const writer = new WireWriter();
    if (said === undefined)
      writer.int16(AUTHENTICATION_FAILED).string('not who it says').bytes(Buffer.alloc(0));
    else writer.int16(NO_ERROR).string(undefined).bytes(said);
    if (version > 0) writer.int64(0n);
    return writer.done();
  }
}

function versions(version: number): Buffer {
  const writer = new WireWriter().int16(NO_ERROR);
  writer.array(Object.entries(VERSIONS), ([key, [least, most]]) =>
    writer.int16(Number(key)).int16(least).int16(most),
  );
  return (version > 0 ? writer.int32(0) : writer).done();
}

function metadata(version: number, topic: string, partitions: number, port: number): Buffer | undefined {
  if (version < 5) return undefined;
  const node = 1;
  const writer = new WireWriter().int32(0);
  writer.array([node], (id) => writer.int32(id).string('localhost').int32(port).string(undefined));
  writer.string('a-cluster').int32(node);
  return writer
    .array([topic], (name) => {
      writer.int16(NO_ERROR).string(name).int8(0);
      const numbers = Array.from({ length: partitions }, (_, i) => i);
      writer.array(numbers, (partition) => {
        writer.int16(NO_ERROR).int32(partition).int32(node);
        for (const replicas of [[node], [node], []]) writer.array(replicas, (id) => writer.int32(id));
      });
    })
    .done();
}

/** A record batch of version 2, as the guide's "Record Batch" has it. */
function readBatch(batch: Buffer): readonly { readonly key: string; readonly value: string }[] {
  const reader = new WireReader(batch);
  reader.int64(); // base offset
  const length = reader.int32();
  reader.int32(); // leader epoch
  const magic = reader.int8();
  const crc = reader.uint32();
  if (length !== batch.length - 12 || magic !== 2)
    throw new TypeError('this is no record batch of version 2');
  if (crc32c(reader.rest()) !== crc) throw new TypeError('the batch is not what its checksum says');
  reader.raw(2 + 4 + 8 + 8 + 8 + 2 + 4); // attributes to the first sequence number
  return reader.array(() => {
    const record = new WireReader(reader.raw(reader.varint()));
    record.int8();
    record.varint();
    record.varint();
    const [key, value] = [record.raw(record.varint()), record.raw(record.varint())];
    return { key: key.toString(), value: value.toString() };
  });
}
