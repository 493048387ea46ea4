import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaConfig, Producer, SASLOptions } from 'kafkajs';
import { messageOf, OutputError } from '../error.js';
import { readSecret, type Secret, type TlsFiles, tlsOptions } from './secret.js';
import { ANSWER_MS, type Transport } from './transport.js';

export interface KafkaTarget extends TlsFiles {
  /** `host:port`. */
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly tls: boolean;
  readonly sasl?: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly user?: string;
  readonly password?: Secret;
}

/** What no broker of the cluster will ever take. */
const FINAL: ReadonlySet<string> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD']);
const ALL_IN_SYNC = -1;
const LINE_FEED = 10;
const GOODBYE_MS = 1000;

/** A record of the queue: its key, and behind the first line feed what is sent. */
export const keyed = (key: string, value: string): string => `${key.replaceAll('\n', ' ')}\n${value}`;

/** A topic of a cluster: all replicas in sync have a batch before the next is sent. */
export class KafkaTransport implements Transport {
  readonly most = { records: 256, bytes: 512 * 1024 };
  readonly #target: KafkaTarget;
  #producer: Producer | undefined;

  constructor(target: KafkaTarget) {
    this.#target = target;
  }

  async send(records: readonly Buffer[]): Promise<void> {
    const { topic, brokers } = this.#target;
    try {
      this.#producer ??= await this.#connected();
      const messages = records.map((record) => {
        const at = record.indexOf(LINE_FEED);
        return { key: record.subarray(0, at), value: record.subarray(at + 1) };
      });
      await this.#producer.send({ topic, acks: ALL_IN_SYNC, timeout: ANSWER_MS, messages });
    } catch (cause) {
      await this.close();
      if (cause instanceof OutputError) throw cause;
      if (typesOf(cause).some((type) => FINAL.has(type)))
        throw new OutputError('OUTPUT_REJECTED', `the topic \`${topic}\` takes none so large`, {
          ...{ help: 'raise `max.message.bytes` of the topic', cause },
        });
      throw new OutputError('OUTPUT_UNREACHABLE', `Kafka ${brokers.join(', ')}: ${messageOf(cause)}`, {
        help: 'check the addresses, the credentials, and that the topic exists and may be written to',
        cause,
      });
    }
  }

  async #connected(): Promise<Producer> {
    // Loaded where there is such an output, and nowhere else.
    const { Kafka, logLevel, Partitioners } = await import('kafkajs');
    // The queue tries again, in order; a client that did so as well would only hide why.
    const retry = { retries: 0 };
    const kafka = new Kafka({
      ...{ clientId: 'runward', logLevel: logLevel.NOTHING, retry },
      ...{ connectionTimeout: ANSWER_MS, requestTimeout: ANSWER_MS, enforceRequestTimeout: true },
      ...this.#security(),
      brokers: [...this.#target.brokers],
    });
    const producer = kafka.producer({
      ...{ retry, maxInFlightRequests: 1, allowAutoTopicCreation: false },
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      await producer.disconnect().catch(() => undefined); // it was not connected
      throw error;
    }
  }

  #security(): Pick<KafkaConfig, 'ssl' | 'sasl'> {
    const { tls, sasl, user = '', password } = this.#target;
    const login = { username: user, password: password === undefined ? '' : readSecret(password) };
    return {
      ...(tls ? { ssl: { ...tlsOptions(this.#target), minVersion: 'TLSv1.2' as const } } : {}),
      ...(sasl === undefined ? {} : { sasl: saslOf(sasl, login) }),
    };
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    if (producer === undefined) return;
    const left = producer.disconnect().catch(() => undefined); // it is broken already
    await Promise.race([left, sleep(GOODBYE_MS, undefined, { ref: false })]);
  }
}

type Login = { readonly username: string; readonly password: string };

function saslOf(mechanism: NonNullable<KafkaTarget['sasl']>, login: Login): SASLOptions {
  switch (mechanism) {
    case 'plain':
      return { mechanism, ...login };
    case 'scram-sha-256':
      return { mechanism, ...login };
    case 'scram-sha-512':
      return { mechanism, ...login };
  }
}

/** What the cluster called the error, through what the client wrapped it in. */
function typesOf(error: unknown): readonly string[] {
  const types: string[] = [];
  for (let at: unknown = error; at instanceof Error && types.length < 5; at = at.cause)
    types.push('type' in at && typeof at.type === 'string' ? at.type : '');
  return types;
}
