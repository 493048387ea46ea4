import type { EntryReader } from './entry-reader.js';
import type { Target } from './output-settings.js';
import { readTls } from './read-tls.js';
import { FORMAT, KAFKA_BROKER, ORDER_BY, SASL, TOPIC, WORD } from './values.js';

const LOOPBACK = /^kafka:\/\/(?:localhost|127\.[0-9.]+|\[::1\]):/;

export function readKafka(entry: EntryReader): Target | undefined {
  const brokers = entry.neededList('brokers', KAFKA_BROKER, 'tls://kafka.example.org:9093');
  const topic = entry.needed('topic', TOPIC);
  const sasl = entry.optional('sasl', SASL);
  const login = sasl !== undefined;
  const user = login ? entry.needed('user', WORD) : entry.optional('user', WORD);
  const password = entry.secret('password', WORD, login);
  const tls = brokers.some((broker) => broker.startsWith('tls:'));
  if (tls && brokers.some((broker) => broker.startsWith('kafka:')))
    entry.object(
      '`brokers` has some with TLS and some without',
      'write `tls://` for all of them, or for none',
    );
  if (!tls && sasl === 'plain' && !brokers.every((broker) => LOOPBACK.test(broker)))
    entry.object(
      'a password would cross the network as it is',
      'write `tls://` before the brokers, or use `sasl: scram-sha-512`',
    );
  if ((user !== undefined || password !== undefined) && !login)
    entry.object(
      '`user` and `password` are used with `sasl` only',
      'write `sasl: scram-sha-512`, or leave them out',
    );
  const files = readTls(entry);
  const format = entry.optional('format', FORMAT) ?? 'falco';
  const orderBy = entry.optional('orderBy', ORDER_BY) ?? 'node';
  if (topic === undefined || brokers.length === 0) return undefined;
  return {
    ...{ type: 'kafka', topic, tls, format, orderBy, ...files },
    brokers: brokers.map((broker) => broker.replace(/^[a-z]+:\/\//, '')),
    ...(sasl === undefined ? {} : { sasl }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
  };
}
