import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { createConnection } from 'node:net';
import { messageOf, RuntimesError } from '../error.js';
import { LIMITS } from '../limits.js';
import { decodeMessage } from './decode.js';
import { encodeMessage } from './encode.js';
import { exchange, type Reply } from './exchange.js';
import type { ProtoPackage } from './schema.js';

export interface UnixGrpcOptions {
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Method {
  readonly proto: ProtoPackage;
  readonly request: string;
  readonly response: string;
}

/** https://grpc.io/docs/guides/status-codes/ */
const OK = '0';
const DEADLINE_EXCEEDED = '4';
const NOT_FOUND = '5';
const UNIMPLEMENTED = '12';
const UNAVAILABLE = '14';
/** Five bytes before each message: whether it is compressed, and its length. */
const PREFIX_BYTES = 5;
/** Megabytes; above the largest answer, so that the answer's own limit is the one that is met. */
const SESSION_MEMORY_MB = 64;

/**
 * Unary gRPC calls over a unix socket: HTTP/2 of the platform and tables of messages. A general gRPC library
 * would cost the agent 29 MB of memory and thirty packages (docs/adr/0020).
 */
export class UnixGrpc {
  private session: ClientHttp2Session | undefined;
  private active = 0;
  /** Sessions whose other side has sent its settings. */
  private readonly greeted = new WeakSet<ClientHttp2Session>();
  private readonly methods = new Map<string, Method>();
  private readonly timeoutMs: number;
  private readonly maxBytes: number;

  constructor(
    readonly socketPath: string,
    packages: readonly ProtoPackage[],
    options: UnixGrpcOptions = {},
  ) {
    this.timeoutMs = options.timeoutMs ?? LIMITS.timeoutMs;
    this.maxBytes = options.maxBytes ?? LIMITS.answerBytes;
    for (const proto of packages) {
      for (const [service, methods] of Object.entries(proto.services)) {
        for (const [name, [request, response]] of Object.entries(methods)) {
          this.methods.set(`${proto.name}.${service}/${name}`, { proto, request, response });
        }
      }
    }
  }

  /**
   * Calls `method` (`runtime.v1.RuntimeService/Version`); undefined when the answer is "not found" or nobody
   * serves the method (containerd with its CRI plug-in off). 64-bit numbers come as decimal strings, absent
   * fields are absent.
   *
   * @throws RuntimesError `RUNTIME_UNREACHABLE`, `RUNTIME_TIMEOUT`, `RUNTIME_REFUSED`,
   * `RUNTIME_ANSWER_TOO_LARGE`, `RUNTIME_ANSWER_MALFORMED`
   */
  async call(method: string, request: object, options: CallOptions = {}): Promise<unknown> {
    const known = this.methods.get(method);
    if (known === undefined) throw new TypeError(`no gRPC method ${method} in the tables`);
    const { proto } = known;
    try {
      const reply = await this.send(method, encodeMessage(proto, known.request, request), options);
      const body = this.bodyOf(reply);
      return body === undefined ? undefined : decodeMessage(proto, known.response, body);
    } catch (problem) {
      if (!(problem instanceof RuntimesError)) throw problem;
      const message = `${this.socketPath}, ${method}: ${problem.message}`;
      throw new RuntimesError(problem.code, message, { cause: problem });
    }
  }

  close(): void {
    this.session?.destroy();
    this.session = undefined;
  }

  private async send(method: string, message: Buffer, options: CallOptions): Promise<Reply> {
    const session = this.connected();
    this.active += 1;
    session.ref();
    try {
      return await exchange(session, {
        headers: {
          ...options.headers,
          [constants.HTTP2_HEADER_METHOD]: 'POST',
          [constants.HTTP2_HEADER_PATH]: `/${method}`,
          [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
          [constants.HTTP2_HEADER_TE]: 'trailers',
          'grpc-timeout': `${this.timeoutMs}m`,
        },
        body: framed(message),
        timeoutMs: this.timeoutMs,
        maxBytes: this.maxBytes + PREFIX_BYTES,
        signal: options.signal,
      });
    } catch (problem) {
      // Whoever has not even greeted yet is no gRPC server, or hangs: the next call connects anew.
      if (!this.greeted.has(session)) session.destroy();
      throw problem;
    } finally {
      this.active -= 1;
      // An idle connection must not keep the process alive.
      if (this.active === 0 && !session.destroyed) session.unref();
    }
  }

  /** The message in a reply, or undefined when the status says that there is none. */
  private bodyOf(reply: Reply): Buffer | undefined {
    const { status, statusMessage, body } = reply;
    if (status === NOT_FOUND || status === UNIMPLEMENTED) return undefined;
    if (status === DEADLINE_EXCEEDED) throw new RuntimesError('RUNTIME_TIMEOUT', statusMessage);
    if (status === UNAVAILABLE) throw new RuntimesError('RUNTIME_UNREACHABLE', statusMessage);
    if (status !== OK) throw new RuntimesError('RUNTIME_REFUSED', `status ${status}: ${statusMessage}`);
    const isWhole = body.length >= PREFIX_BYTES && body.readUInt32BE(1) === body.length - PREFIX_BYTES;
    // Compression was not offered, so a compressed message is as wrong as a cut one.
    if (isWhole && body[0] === 0) return body.subarray(PREFIX_BYTES);
    throw new RuntimesError('RUNTIME_ANSWER_MALFORMED', 'the answer is not one whole message');
  }

  private connected(): ClientHttp2Session {
    if (this.session !== undefined && !this.session.closed && !this.session.destroyed) return this.session;
    try {
      const session = connect('http://localhost', {
        createConnection: () => createConnection(this.socketPath),
        maxSessionMemory: SESSION_MEMORY_MB,
      });
      const forget = (): void => {
        if (this.session === session) this.session = undefined;
      };
      // The calls under way report what went wrong; here it only means to connect anew.
      session.once('remoteSettings', () => this.greeted.add(session));
      session.on('error', forget).on('close', forget).on('goaway', forget);
      this.session = session;
      return session;
    } catch (cause) {
      throw new RuntimesError('RUNTIME_UNREACHABLE', messageOf(cause), { cause });
    }
  }
}

function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}
