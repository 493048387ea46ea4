import { decodeMessage, encodeMessage } from '@runward/runtimes/protobuf';
import { at, text } from '../identity/json.js';
import { Frames } from './frames.js';
import { TTRPC } from './schema.js';

/** Length, stream, type, flags. */
const HEAD = 10;
const REQUEST = 1;
const RESPONSE = 2;
/** ttrpc's own limit of one message, 4 MiB. */
const MAX_MESSAGE = 4 * 1024 * 1024;
/** google.rpc.Code */
const UNKNOWN = 2;
const UNIMPLEMENTED = 12;

/** Answers a call of the other side; what it rejects with is told as an error. */
export type Handler = (payload: Buffer) => Promise<Buffer>;

/** One end of a ttrpc connection, as client, server or both. It neither reads nor writes by itself. */
export class TtrpcEnd {
  private readonly frames = new Frames(HEAD, 0, MAX_MESSAGE);
  private readonly waiting = new Map<
    number,
    { done: (payload: Buffer) => void; fail: (error: Error) => void }
  >();
  private nextStream = 1;

  constructor(
    private readonly write: (bytes: Buffer) => void,
    /** By `service/method`. */
    private readonly handlers: ReadonlyMap<string, Handler> = new Map(),
  ) {}

  /** Bytes that came. @throws RangeError, RuntimesError for what is no ttrpc */
  push(chunk: Buffer): void {
    for (const { head, body } of this.frames.push(chunk)) {
      const stream = head.readUInt32BE(4);
      const type = head.readUInt8(8);
      if (type === RESPONSE) this.settle(stream, body);
      else if (type === REQUEST) void this.serve(stream, body);
    }
  }

  /** Rejects with what the other side says went wrong, or when {@link close} comes first. */
  call(service: string, method: string, payload: Buffer): Promise<Buffer> {
    const stream = this.nextStream;
    this.nextStream += 2;
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    this.waiting.set(stream, { done: resolve, fail: reject });
    this.send(stream, REQUEST, encodeMessage(TTRPC, 'Request', { service, method, payload }));
    return promise;
  }

  close(why: Error): void {
    for (const { fail } of this.waiting.values()) fail(why);
    this.waiting.clear();
  }

  private settle(stream: number, body: Buffer): void {
    const call = this.waiting.get(stream);
    this.waiting.delete(stream);
    const response = decodeMessage(TTRPC, 'Response', body);
    const code = at(response, 'status', 'code');
    if (code !== undefined && code !== 0) call?.fail(new Error(text(at(response, 'status', 'message'))));
    else call?.done(bytesOf(response.payload));
  }

  private async serve(stream: number, body: Buffer): Promise<void> {
    const request = decodeMessage(TTRPC, 'Request', body);
    const name = `${text(request.service)}/${text(request.method)}`;
    const handler = this.handlers.get(name);
    let response: object;
    try {
      response =
        handler === undefined
          ? { status: { code: UNIMPLEMENTED, message: `${name} is not served` } }
          : { payload: await handler(bytesOf(request.payload)) };
    } catch (error) {
      response = {
        status: { code: UNKNOWN, message: error instanceof Error ? error.message : String(error) },
      };
    }
    this.send(stream, RESPONSE, encodeMessage(TTRPC, 'Response', response));
  }

  private send(stream: number, type: number, body: Buffer): void {
    const head = Buffer.alloc(HEAD);
    head.writeUInt32BE(body.length, 0);
    head.writeUInt32BE(stream, 4);
    head.writeUInt8(type, 8);
    this.write(Buffer.concat([head, body]));
  }
}

const bytesOf = (value: unknown): Buffer => (Buffer.isBuffer(value) ? value : Buffer.alloc(0));
