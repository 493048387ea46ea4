import { createServer, type Server } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
// The published definitions of the protocol, as code that protobuf.js made of them.
import definitions from '@opentelemetry/otlp-transformer/build/src/generated/root.js';
import { portOf } from './receivers.js';

/** What protobuf.js makes of a message type, as far as it is used here. */
interface MessageType {
  fromObject(value: object): object;
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
  toObject(message: object, options: object): object;
}

interface LogsRequest {
  readonly resourceLogs: readonly {
    readonly scopeLogs: readonly {
      readonly logRecords: readonly { readonly body: { readonly stringValue: string } }[];
    }[];
  }[];
}

const { ExportLogsServiceRequest } = (
  definitions as unknown as {
    readonly opentelemetry: {
      readonly proto: {
        readonly collector: {
          readonly logs: { readonly v1: { readonly ExportLogsServiceRequest: MessageType } };
        };
      };
    };
  }
).opentelemetry.proto.collector.logs.v1; // their types name none of it

/**
 * A request in the JSON encoding, through the binary one and back.
 *
 * @throws TypeError for what the definitions do not know, or would lose
 */
export function decodeLogs(json: string): LogsRequest {
  const given = JSON.parse(json) as LogsRequest; // held against the definitions below
  const bytes = ExportLogsServiceRequest.encode(ExportLogsServiceRequest.fromObject(given)).finish();
  const found = ExportLogsServiceRequest.toObject(ExportLogsServiceRequest.decode(bytes), { longs: String });
  // An empty list and none are the same in the binary encoding.
  const full: unknown = JSON.parse(json, (_, value: unknown) =>
    Array.isArray(value) && value.length === 0 ? undefined : value,
  );
  if (!isDeepStrictEqual(found, full))
    throw new TypeError(`by its definitions the request says ${JSON.stringify(found)}`);
  return given;
}

/** An OpenTelemetry receiver over HTTP: takes what its definitions know, and refuses everything else for good. */
export class OtlpReceiver {
  readonly bodies: string[] = [];
  readonly refused: string[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        try {
          if (request.url !== '/v1/logs' || request.headers['content-type'] !== 'application/json')
            throw new TypeError(
              `${request.url} and ${request.headers['content-type']} are not of the protocol`,
            );
          const { resourceLogs } = decodeLogs(Buffer.concat(parts).toString());
          const records = resourceLogs.flatMap(({ scopeLogs }) =>
            scopeLogs.flatMap(({ logRecords }) => logRecords),
          );
          this.bodies.push(...records.map(({ body }) => body.stringValue));
          response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
        } catch (error) {
          this.refused.push(String(error));
          response.writeHead(400).end();
        }
      });
    });
  }

  async listen(port = 0): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return portOf(this.#server);
  }

  async end(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
