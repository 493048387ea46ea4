import { createHash } from 'node:crypto';
import { jetstream } from '@nats-io/jetstream';
import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { messageOf, OutputError } from '../error.js';
import { readCredential, readSecret, type Secret, type TlsFiles } from './secret.js';
import { ANSWER_MS, type Transport } from './transport.js';

export interface NatsTarget extends TlsFiles {
  readonly servers: readonly string[];
  readonly subject: string;
  /** A stream takes what is published, and says so. */
  readonly jetstream: boolean;
  readonly tls: boolean;
  readonly token?: Secret;
  readonly user?: string;
  readonly password?: Secret;
  /** A credentials file. */
  readonly creds?: string;
}

/** Core NATS: the server has it. JetStream: a stream has stored it, once however often it is sent within its window. */
export class NatsTransport implements Transport {
  readonly most = { records: 256, bytes: 512 * 1024 };
  readonly #target: NatsTarget;
  #connection: NatsConnection | undefined;

  constructor(target: NatsTarget) {
    this.#target = target;
  }

  async send(records: readonly Buffer[]): Promise<void> {
    try {
      const connection = await this.#connected();
      await (this.#target.jetstream ? this.#store(connection, records) : this.#publish(connection, records));
    } catch (cause) {
      await this.close();
      if (cause instanceof OutputError) throw cause;
      throw new OutputError(
        'OUTPUT_UNREACHABLE',
        `NATS ${this.#target.servers.join(', ')}: ${messageOf(cause)}`,
        {
          help: 'check the address, the credentials, and with `jetstream: true` that a stream takes the subject',
          cause,
        },
      );
    }
  }

  async #publish(connection: NatsConnection, records: readonly Buffer[]): Promise<void> {
    const most = connection.info?.max_payload ?? Number.POSITIVE_INFINITY;
    if (records.some((record) => record.length > most))
      throw new OutputError('OUTPUT_REJECTED', `the server takes no message of more than ${most} bytes`, {
        help: 'raise `max_payload` of the server',
      });
    for (const record of records) connection.publish(this.#target.subject, record);
    await connection.flush();
  }

  async #store(connection: NatsConnection, records: readonly Buffer[]): Promise<void> {
    const client = jetstream(connection, { timeout: ANSWER_MS });
    // One by one: the order of the stream is theirs.
    for (const record of records) {
      const msgID = createHash('sha256').update(record).digest('base64url');
      await client.publish(this.#target.subject, record, { msgID });
    }
  }

  async #connected(): Promise<NatsConnection> {
    if (this.#connection !== undefined && !this.#connection.isClosed()) return this.#connection;
    const { servers, token, user, password, creds, tls, ca, cert, key } = this.#target;
    this.#connection = await connect({
      servers: [...servers],
      name: 'runward',
      reconnect: false,
      timeout: ANSWER_MS,
      pingInterval: ANSWER_MS,
      ...(token === undefined ? {} : { token: readSecret(token) }),
      ...(user === undefined ? {} : { user }),
      ...(password === undefined ? {} : { pass: readSecret(password) }),
      ...(creds === undefined ? {} : { authenticator: credsAuthenticator(readCredential(creds)) }),
      ...(tls
        ? {
            tls: {
              ...(ca === undefined ? {} : { caFile: ca }),
              ...(cert === undefined ? {} : { certFile: cert }),
              ...(key === undefined ? {} : { keyFile: key }),
            },
          }
        : {}),
    });
    return this.#connection;
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close().catch(() => undefined); // it is broken already
  }
}
