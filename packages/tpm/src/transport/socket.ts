import { connect, type Socket } from 'node:net';
import { MOST_RESPONSE_BYTES, type Transport } from './transport.js';

/** A TPM may compute a key for long. */
const PATIENCE_MS = 120_000;
const HEADER_BYTES = 10;

/** A Unix socket at which a TPM answers, such as that of swtpm: commands and responses as they are. */
export class SocketTransport implements Transport {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open(path: string): Promise<SocketTransport> {
    const socket = connect(path);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
    });
    return new SocketTransport(socket);
  }

  exchange(command: Buffer): Promise<Buffer> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      let response = Buffer.alloc(0);
      const settle = (error?: Error): void => {
        clearTimeout(timer);
        socket.removeAllListeners();
        socket.on('error', () => undefined); // whoever asks next is told
        if (error === undefined) resolve(response);
        else reject(error);
      };
      const timer = setTimeout(() => settle(new Error('it does not answer')), PATIENCE_MS);
      socket.on('data', (part) => {
        response = Buffer.concat([response, part]);
        if (response.length > MOST_RESPONSE_BYTES) settle(new Error('its response has no end'));
        else if (response.length >= HEADER_BYTES && response.length >= response.readUInt32BE(2)) settle();
      });
      socket.once('error', settle).once('close', () => settle(new Error('it closed the connection')));
      socket.write(command);
    });
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#socket.removeAllListeners();
      this.#socket.on('error', () => undefined).once('close', () => resolve());
      this.#socket.destroy();
    });
  }
}
