import type { Client, ServiceError } from '@grpc/grpc-js';
import type { MethodDefinition } from '@grpc/proto-loader';
import { RuntimesError, type RuntimesErrorCode } from '../error.js';
import { LIMITS } from '../limits.js';
import { descriptorOf, type ProtoPackage } from './schema.js';

export interface UnixGrpcOptions {
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
}

interface Connection {
  readonly client: Client;
  readonly grpc: typeof import('@grpc/grpc-js');
  readonly methods: ReadonlyMap<string, MethodDefinition<object, object>>;
}

/** https://grpc.io/docs/guides/status-codes/ */
const NOT_FOUND = 5;
const UNIMPLEMENTED = 12;
const CODES: ReadonlyMap<number, RuntimesErrorCode> = new Map([
  [1, 'RUNTIME_UNREACHABLE'],
  [4, 'RUNTIME_TIMEOUT'],
  [8, 'RUNTIME_ANSWER_TOO_LARGE'],
  [13, 'RUNTIME_ANSWER_MALFORMED'],
  [14, 'RUNTIME_UNREACHABLE'],
]);

/**
 * Unary gRPC calls over a unix socket. The libraries are loaded with the first call: a machine without
 * containerd or CRI-O does not pay for them in start-up time and memory.
 */
export class UnixGrpc {
  private connection: Promise<Connection> | undefined;
  private readonly timeoutMs: number;
  private readonly maxBytes: number;

  constructor(
    readonly socketPath: string,
    private readonly packages: readonly ProtoPackage[],
    options: UnixGrpcOptions = {},
  ) {
    this.timeoutMs = options.timeoutMs ?? LIMITS.timeoutMs;
    this.maxBytes = options.maxBytes ?? LIMITS.answerBytes;
  }

  /**
   * Calls `method` (`runtime.v1.RuntimeService/Version`); undefined when the answer is "not found" or
   * nobody serves the method (containerd with its CRI plug-in off). 64-bit
   * numbers come as decimal strings, absent fields are absent.
   *
   * @throws RuntimesError `RUNTIME_UNREACHABLE`, `RUNTIME_TIMEOUT`, `RUNTIME_REFUSED`,
   * `RUNTIME_ANSWER_TOO_LARGE`, `RUNTIME_ANSWER_MALFORMED`
   */
  async call(
    method: string,
    request: object,
    options: {
      readonly signal?: AbortSignal | undefined;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ): Promise<unknown> {
    this.connection ??= this.connect();
    const { client, grpc, methods } = await this.connection;
    const definition = methods.get(method);
    if (definition === undefined) throw new TypeError(`no gRPC method ${method} in the schema`);
    const metadata = new grpc.Metadata();
    for (const [name, value] of Object.entries(options.headers ?? {})) metadata.set(name, value);
    return new Promise((resolve, reject) => {
      const call = client.makeUnaryRequest(
        definition.path,
        definition.requestSerialize,
        definition.responseDeserialize,
        request,
        metadata,
        { deadline: Date.now() + this.timeoutMs },
        (problem, answer) => {
          options.signal?.removeEventListener('abort', cancel);
          if (problem === null) resolve(answer ?? {});
          else if (problem.code === NOT_FOUND || problem.code === UNIMPLEMENTED) resolve(undefined);
          else reject(this.wrap(problem, method));
        },
      );
      const cancel = (): void => call.cancel();
      options.signal?.addEventListener('abort', cancel, { once: true });
      if (options.signal?.aborted === true) cancel();
    });
  }

  close(): void {
    this.connection?.then(({ client }) => client.close()).catch(() => undefined);
  }

  private async connect(): Promise<Connection> {
    const [grpc, loader] = await Promise.all([import('@grpc/grpc-js'), import('@grpc/proto-loader')]);
    const methods = new Map<string, MethodDefinition<object, object>>();
    for (const proto of this.packages) {
      // The library's type of a nested object is a union too loose for a recursive type of ours to match.
      const descriptor = descriptorOf(proto) as Parameters<typeof loader.fromJSON>[0];
      const loaded = loader.fromJSON(descriptor, { keepCase: true, longs: String });
      for (const [service, definition] of Object.entries(loaded)) {
        // Messages are in the same table; only services have methods with a path.
        if ('format' in definition) continue;
        for (const [name, each] of Object.entries(definition)) methods.set(`${service}/${name}`, each);
      }
    }
    const client = new grpc.Client(`unix://${this.socketPath}`, grpc.credentials.createInsecure(), {
      'grpc.max_receive_message_length': this.maxBytes,
      // A runtime that restarts should be reachable at the next look-up, not after minutes of back-off.
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1_000,
      'grpc.enable_retries': 0,
      'grpc.enable_http_proxy': 0,
      'grpc.use_local_subchannel_pool': 1,
    });
    return { client, grpc, methods };
  }

  private wrap(problem: ServiceError, method: string): RuntimesError {
    const code = CODES.get(problem.code) ?? 'RUNTIME_REFUSED';
    const detail = code === 'RUNTIME_TIMEOUT' ? `no answer within ${this.timeoutMs} ms` : problem.details;
    return new RuntimesError(code, `${this.socketPath}, ${method}: ${detail.slice(0, 300)}`, {
      cause: problem,
    });
  }
}
