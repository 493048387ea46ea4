import { type ClientHttp2Session, connect } from 'node:http2';
import { createConnection } from 'node:net';
import { type Decoded, decode, encode, type Message } from './protobuf.js';

/** A client of the Container Runtime Interface (runtime.v1) over a UNIX socket: gRPC unary calls, nothing else. */
export class CriClient {
  private session: ClientHttp2Session | undefined;

  constructor(private readonly socket: () => string) {}

  private connected(): ClientHttp2Session {
    if (this.session === undefined || this.session.closed || this.session.destroyed) {
      this.session = connect('http://localhost', { createConnection: () => createConnection(this.socket()) });
      // A dead session also fails each call on it, which is where the error is reported.
      this.session.on('error', () => {});
    }
    return this.session;
  }

  call(method: string, request: Message, timeoutMs = 60_000): Promise<Decoded> {
    return new Promise((resolve, reject) => {
      const body = encode(request);
      const head = Buffer.alloc(5);
      head.writeUInt32BE(body.length, 1);
      const stream = this.connected().request({
        ':method': 'POST',
        ':path': `/runtime.v1.RuntimeService/${method}`,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      const chunks: Buffer[] = [];
      let status = { code: '', message: '' };
      const note = (headers: Record<string, unknown>): void => {
        const code = headers['grpc-status'];
        if (code !== undefined)
          status = { code: String(code), message: String(headers['grpc-message'] ?? '') };
      };
      stream.setTimeout(timeoutMs, () =>
        stream.destroy(new Error(`CRI ${method}: no answer in ${timeoutMs} ms`)),
      );
      stream.on('response', note);
      stream.on('trailers', note);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', reject);
      stream.on('end', () => {
        if (status.code === '0') resolve(decode(Buffer.concat(chunks).subarray(5)));
        else
          reject(new Error(`CRI ${method}: ${decodeURIComponent(status.message)} (status ${status.code})`));
      });
      stream.end(Buffer.concat([head, body]));
    });
  }

  close(): void {
    this.session?.close();
  }
}
