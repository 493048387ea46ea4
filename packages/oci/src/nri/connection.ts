import type { Socket } from 'node:net';
import { Frames } from './frames.js';
import { type Handler, TtrpcEnd } from './ttrpc.js';

/** One socket carries two connections: the runtime calls the plug-in on one, the plug-in the runtime on the other. */
const PLUGIN_SERVICE = 1;
const RUNTIME_SERVICE = 2;
/** Connection, length. */
const HEAD = 8;
/** A whole ttrpc message with its head. */
const MAX_FRAME = 4 * 1024 * 1024 + 10;

/** A plug-in's connection to NRI. Ends when the socket does, with the reason. */
export class NriConnection {
  private readonly frames = new Frames(HEAD, 4, MAX_FRAME);
  private readonly served: TtrpcEnd;
  private readonly called: TtrpcEnd;
  readonly ended: Promise<Error>;

  constructor(
    private readonly socket: Socket,
    handlers: ReadonlyMap<string, Handler>,
  ) {
    this.served = new TtrpcEnd((bytes) => this.write(PLUGIN_SERVICE, bytes), handlers);
    this.called = new TtrpcEnd((bytes) => this.write(RUNTIME_SERVICE, bytes));
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.ended = promise;
    socket.on('error', (error) => this.end(error, resolve));
    socket.on('close', () => this.end(new Error('the runtime closed the connection'), resolve));
    socket.on('data', (chunk: Buffer) => {
      try {
        this.receive(chunk);
      } catch (error) {
        this.end(error instanceof Error ? error : new Error(String(error)), resolve);
      }
    });
  }

  /** Calls the runtime. Rejects with its error, or when the connection ends. */
  call(service: string, method: string, payload: Buffer): Promise<Buffer> {
    return this.called.call(service, method, payload);
  }

  close(): void {
    this.socket.destroy();
  }

  private receive(chunk: Buffer): void {
    for (const { head, body } of this.frames.push(chunk)) {
      const connection = head.readUInt32BE(0);
      if (connection === PLUGIN_SERVICE) this.served.push(body);
      else if (connection === RUNTIME_SERVICE) this.called.push(body);
    }
  }

  private end(why: Error, resolve: (why: Error) => void): void {
    this.called.close(why);
    this.socket.destroy();
    resolve(why);
  }

  private write(connection: number, bytes: Buffer): void {
    const head = Buffer.alloc(HEAD);
    head.writeUInt32BE(connection, 0);
    head.writeUInt32BE(bytes.length, 4);
    if (!this.socket.destroyed) this.socket.write(Buffer.concat([head, bytes]));
  }
}
