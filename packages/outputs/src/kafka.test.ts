import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Outputs } from './outputs.js';
import { readOutputs } from './settings/read-outputs.js';
import { KafkaBroker, type KafkaRecord } from './testing/kafka-broker.js';
import type { KafkaLogin } from './testing/kafka-login.js';
import { crc32c } from './testing/kafka-wire.js';
import { numbered, sample } from './testing/sample.js';

let folder = '';
let said: string[] = [];
const open: { close(): Promise<void> }[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rw-kafka-'));
  said = [];
});
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  rmSync(folder, { recursive: true });
});

function start(text: string): Outputs {
  const { outputs, problems } = readOutputs({
    name: 'outputs.yaml',
    text: `outputs:\n  - {name: a, type: kafka, topic: found, format: text, ${text}}`,
  });
  expect(problems).toEqual([]);
  const started = new Outputs(outputs, {
    ...{ folder, hostname: 'node-1', version: '1.2.3' },
    say: (message) => said.push(message),
  });
  open.push(started);
  return started;
}
const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, at) => from + at);
const numbers = (records: readonly KafkaRecord[]): readonly number[] =>
  records.map(({ value }) => Number(/number (\d+)/.exec(value)?.[1]));
const drained = (outputs: Outputs): Promise<void> =>
  vi.waitFor(() => expect(outputs.status.map(({ queued }) => queued)).toEqual([0]), {
    ...{ timeout: 30_000, interval: 20 },
  });
const TOPIC = { topic: 'found', partitions: 3 };

test('the checksum of the receiver is that of RFC 3720', () => {
  expect(crc32c(Buffer.alloc(32)).toString(16)).toBe('8a9136aa');
  expect(crc32c(Buffer.from('123456789')).toString(16)).toBe('e3069283');
});

test('a broker that is away and comes back has everything, in order, acknowledged by all replicas', async () => {
  const broker = new KafkaBroker(TOPIC);
  const port = await broker.listen();
  const outputs = start(`brokers: ["kafka://127.0.0.1:${port}"]`);
  outputs.write(range(0, 300).map(numbered));
  await vi.waitFor(() => expect(broker.records.length).toBeGreaterThan(0), 30_000);
  await broker.end();
  outputs.write(range(300, 400).map(numbered));
  await vi.waitFor(() => expect(outputs.status[0]?.problem).toMatch(/ECONNREFUSED|[Cc]onnection/), 30_000);
  outputs.write(range(400, 500).map(numbered));
  const again = new KafkaBroker(TOPIC);
  await again.listen(port);
  await drained(outputs);
  const found = numbers([...broker.records, ...again.records]);
  expect([...new Set(found)]).toEqual(range(0, 500));
  expect(numbers(again.records)).toEqual([...numbers(again.records)].sort((a, b) => a - b));
  // The records of a node have one key, so one partition, which is what has an order.
  expect(new Set(again.records.map(({ key, partition }) => `${key} ${partition}`)).size).toBe(1);
  expect(new Set([...broker.acks, ...again.acks])).toEqual(new Set([-1]));
  expect(said.filter((message) => message.includes('is taken again'))).toHaveLength(1);
  await again.end();
}, 60_000);

test('records of a container keep their order where that is what is asked for', async () => {
  const broker = new KafkaBroker(TOPIC);
  const outputs = start(`brokers: ["kafka://127.0.0.1:${await broker.listen()}"], orderBy: container`);
  const ids = ['one', 'two', 'three', 'four', 'five', 'six'];
  const { container } = sample;
  if (container === null) throw new TypeError('the sample has a container');
  outputs.write(
    range(0, 60).map((number) => ({
      ...numbered(number),
      container: { ...container, id: ids[number % ids.length] ?? '' },
    })),
  );
  await drained(outputs);
  for (const id of ids) {
    const own = broker.records.filter(({ key }) => key === id);
    expect(numbers(own)).toEqual(range(0, 60).filter((number) => ids[number % ids.length] === id));
    expect(new Set(own.map(({ partition }) => partition)).size).toBe(1);
  }
  expect(new Set(broker.records.map(({ partition }) => partition)).size).toBeGreaterThan(1);
  await broker.end();
});

test('a batch that is refused for now is sent again, a record for good left out alone', async () => {
  const [NOT_LEADER, TOO_LARGE] = [6, 10];
  const judge = (records: readonly KafkaRecord[], count: number): number =>
    count === 0 ? NOT_LEADER : records.some(({ value }) => value.includes('number 3')) ? TOO_LARGE : 0;
  const broker = new KafkaBroker({ ...TOPIC, judge });
  const outputs = start(`brokers: ["kafka://127.0.0.1:${await broker.listen()}"]`);
  outputs.write(range(0, 8).map(numbered));
  await drained(outputs);
  expect(numbers(broker.records)).toEqual([0, 1, 2, 4, 5, 6, 7]);
  expect(outputs.status).toMatchObject([{ sent: 7, rejected: 1, problem: '' }]);
  expect(said.join()).toMatch(/a record is not taken and left out: the topic `found` takes none so large/);
  await broker.end();
});

test('a topic that is not there is waited for', async () => {
  const broker = new KafkaBroker({ topic: 'another', partitions: 1 });
  const outputs = start(`brokers: ["kafka://127.0.0.1:${await broker.listen()}"]`);
  outputs.write([numbered(0)]);
  await vi.waitFor(() => expect(outputs.status[0]?.problem).toMatch(/^Kafka 127/), 30_000);
  expect(outputs.status[0]).toMatchObject({ queued: 1, rejected: 0 });
  await broker.end();
});

/** A certificate of `localhost` that vouches for itself. */
function certificate(): { readonly key: string; readonly cert: string } {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' }); // biome-ignore format: one line
  return { key, cert };
}

test.each<[KafkaLogin['mechanism']]>([['PLAIN'], ['SCRAM-SHA-256'], ['SCRAM-SHA-512']])(
  'with TLS and %s, only who has the password gets in, and only to who has the certificate',
  async (mechanism) => {
    const { key, cert } = certificate();
    const broker = new KafkaBroker({
      ...TOPIC,
      login: { mechanism, user: 'node', password: 'open sesame' },
      tls: { key: readFileSync(key), cert: readFileSync(cert) },
    });
    const place = `brokers: ["tls://localhost:${await broker.listen()}"], sasl: ${mechanism}, user: node`;
    const attempt = async (text: string, problem: RegExp): Promise<void> => {
      const outputs = start(`${place}, ${text}`);
      outputs.write([numbered(0)]);
      await vi.waitFor(() => expect(outputs.status[0]?.problem).toMatch(problem), 30_000);
      expect(said.join()).not.toContain('open sesame');
      await outputs.close();
      open.length = 0;
    };
    await attempt('password: open sesame', /self-signed certificate/);
    await attempt(`password: wrong, ca: ${cert}`, /not who it says|[Aa]uthentication/);
    expect(broker.records).toEqual([]);
    const outputs = start(`${place}, password: open sesame, ca: ${cert}`);
    await drained(outputs);
    expect(broker.records).toHaveLength(2);
    await broker.end();
  },
  60_000,
);
