import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { connect as connectTcp, isIP, isIPv6, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { messageOf, OutputError } from '../error.js';
import { type TlsFiles, tlsOptions } from './secret.js';
import { ANSWER_MS, type Transport } from './transport.js';

export interface SyslogTarget extends TlsFiles {
  readonly protocol: 'udp' | 'tcp' | 'tls';
  readonly host: string;
  readonly port: number;
}

/** Of IPv4, less its headers: what does not fit in one datagram is nowhere cut. */
const MOST_DATAGRAM = 65_507;
const SETTLE_MS = 1000;

const unreachable = ({ protocol, host, port }: SyslogTarget, why: unknown): OutputError =>
  new OutputError('OUTPUT_UNREACHABLE', `${protocol}://${host}:${port}: ${messageOf(why)}`, {
    help: 'check that the receiver listens there, and its certificate when it is TLS',
    cause: why,
  });

export const syslogTransport = (target: SyslogTarget): Transport =>
  target.protocol === 'udp' ? new SyslogUdp(target) : new SyslogStream(target);

/** RFC 5426: one message per datagram; nobody knows whether it arrives. */
class SyslogUdp implements Transport {
  readonly most = { records: 64, bytes: 256 * 1024 };
  readonly #target: SyslogTarget;
  #socket: DatagramSocket | undefined;

  constructor(target: SyslogTarget) {
    this.#target = target;
  }

  async send(records: readonly Buffer[]): Promise<void> {
    const { host, port } = this.#target;
    const tooLong = records.find((record) => record.length > MOST_DATAGRAM);
    if (tooLong !== undefined)
      throw new OutputError(
        'OUTPUT_REJECTED',
        `a message of ${tooLong.length} bytes does not fit in a datagram`,
        {
          help: 'use tcp:// or tls://',
        },
      );
    this.#socket ??= createSocket(isIPv6(host) ? 'udp6' : 'udp4')
      .on('error', () => undefined)
      .unref();
    const socket = this.#socket;
    for (const record of records)
      await new Promise<void>((resolve, reject) =>
        socket.send(record, port, host, (error) =>
          error === null ? resolve() : reject(unreachable(this.#target, error)),
        ),
      );
  }

  async close(): Promise<void> {
    this.#socket?.close();
    this.#socket = undefined;
  }
}

/** RFC 6587 with octet counting, and RFC 5425 over TLS. */
class SyslogStream implements Transport {
  readonly most = { records: 512, bytes: 512 * 1024 };
  readonly settleMs = SETTLE_MS;
  onBreak: (problem: string) => void = () => undefined;
  readonly #target: SyslogTarget;
  #socket: Socket | undefined;

  constructor(target: SyslogTarget) {
    this.#target = target;
  }

  async send(records: readonly Buffer[]): Promise<void> {
    const socket = await this.#connected();
    const framed = records.flatMap((record) => [Buffer.from(`${record.length} `), record]);
    await new Promise<void>((resolve, reject) => {
      const fail = (why: unknown): void => {
        socket.destroy();
        reject(unreachable(this.#target, why));
      };
      const timer = setTimeout(() => fail(new Error('the receiver takes nothing')), ANSWER_MS);
      socket.once('close', fail);
      socket.write(Buffer.concat(framed), (error) => {
        clearTimeout(timer);
        socket.off('close', fail);
        if (error == null) resolve();
        else fail(error);
      });
    });
  }

  async #connected(): Promise<Socket> {
    if (this.#socket !== undefined && !this.#socket.destroyed && this.#socket.writable) return this.#socket;
    const { protocol, host, port } = this.#target;
    const tls = protocol === 'tls' ? tlsOptions(this.#target) : undefined;
    const socket = await new Promise<Socket>((resolve, reject) => {
      const opened: Socket =
        tls === undefined
          ? connectTcp({ host, port }, () => resolve(opened))
          : connectTls({ host, port, ...tls, ...(isIP(host) === 0 ? { servername: host } : {}) }, () =>
              resolve(opened),
            );
      opened.setTimeout(ANSWER_MS, () => opened.destroy(new Error('no answer')));
      opened.once('error', (error) => reject(unreachable(this.#target, error)));
    });
    socket.setTimeout(0);
    socket.setKeepAlive(true, ANSWER_MS);
    socket.unref();
    // Receivers say nothing; that they end is what is waited for.
    socket.resume();
    let problem = 'the receiver closed the connection';
    socket.on('error', (error) => {
      problem = error.message;
    });
    socket.once('end', () => socket.destroy());
    socket.once('close', () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.onBreak(problem);
    });
    this.#socket = socket;
    return socket;
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.end();
      setTimeout(() => socket.destroy(), 500).unref();
    });
  }
}
