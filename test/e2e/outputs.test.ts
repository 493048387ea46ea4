import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Outputs, readOutputs, testDetection } from '@runward/outputs';
import { KafkaBroker, OtlpReceiver } from '@runward/outputs/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { startAgent } from './harness/agent.js';
import { freePort } from './harness/free-port.js';
import { missingProgram } from './harness/host.js';
import { requireRuntime, runtimes } from './harness/index.js';
import { type Collected, must, startTied, stop } from './harness/process.js';

const OUTAGE_MS = 30_000;
let folder = '';
const running: Collected[] = [];
const servers: { close: () => void }[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rw-outputs-'));
});
afterEach(async () => {
  for (const each of running.splice(0)) await stop(each);
  for (const each of servers.splice(0)) each.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** rsyslog, which writes what it takes to `file`, one message a line. */
function startRsyslog(port: number, file: string, tls?: { key: string; cert: string }): Collected {
  const config = `${file}.conf`;
  const [driver, mode] =
    tls === undefined
      ? ['', '']
      : [
          `defaultNetstreamDriver="ossl" defaultNetstreamDriverCAFile="${tls.cert}" defaultNetstreamDriverCertFile="${tls.cert}" defaultNetstreamDriverKeyFile="${tls.key}"`,
          'streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon"',
        ];
  writeFileSync(
    config,
    `global(workDirectory="${folder}" maxMessageSize="128k" ${driver})
module(load="imtcp" ${mode})
input(type="imtcp" port="${port}" address="127.0.0.1")
template(name="all" type="string" string="%syslogfacility-text%.%syslogseverity-text% %hostname% %app-name% %msgid% %msg%\\n")
*.* action(type="omfile" file="${file}" template="all" flushInterval="1" asyncWriting="off")
`,
  );
  const started = startTied('rsyslogd', ['-n', '-f', config, '-i', `${file}.pid`]);
  running.push(started);
  return started;
}

function startNats(port: number): Collected {
  const started = startTied('nats-server', [
    '-a',
    '127.0.0.1',
    '-p',
    String(port),
    '-js',
    '-sd',
    join(folder, 'nats'),
  ]);
  running.push(started);
  return started;
}

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};
const numbersOf = (text: string): readonly number[] =>
  [...text.matchAll(/number (\d+)!/g)].map(([, n]) => Number(n));
const numbered = (number: number) => ({ ...testDetection('node-1'), output: `number ${number}!` });
const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, at) => from + at);

async function natsReady(port: number) {
  return vi.waitFor(() => connect({ servers: `nats://127.0.0.1:${port}`, reconnect: false }), {
    timeout: 20_000,
  });
}

/** All that a stream holds, in its order. */
async function storedIn(port: number): Promise<string> {
  const connection = await natsReady(port);
  const consumer = await jetstream(connection).consumers.get('FOUND');
  const { num_pending: count } = await consumer.info();
  const texts: string[] = [];
  if (count > 0)
    for await (const message of await consumer.fetch({ max_messages: count, expires: 5000 }))
      texts.push(message.string());
  await connection.close();
  return texts.join('\n');
}

describe('receivers that are away for half a minute', () => {
  beforeEach((test) => {
    const missing = missingProgram('rsyslogd', 'nats-server', 'openssl');
    if (missing !== undefined) test.skip(missing);
    const drivers = ['/usr/lib/rsyslog', '/usr/lib64/rsyslog', ...globSync('/usr/lib/*-linux-gnu/rsyslog')];
    if (!drivers.some((place) => existsSync(join(place, 'lmnsd_ossl.so')))) test.skip('no rsyslog-openssl');
  });

  it('have everything once they are back: rsyslog with and without TLS, NATS JetStream, OpenTelemetry, Kafka, and a server over HTTPS', async () => {
    const [syslogPort, tlsPort, natsPort] = [await freePort(), await freePort(), await freePort()];
    const [key, cert, log] = [join(folder, 'key.pem'), join(folder, 'cert.pem'), join(folder, 'log')];
    const secureLog = join(folder, 'secure.log');
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    await must('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert, ...subject]); // biome-ignore format: one line
    const posted: string[] = [];
    const startHttps = async (port: number): Promise<number> => {
      const server = createHttps(
        { key: readFileSync(key), cert: readFileSync(cert) },
        (request, response) => {
          let body = '';
          request.setEncoding('utf8').on('data', (part: string) => {
            body += part;
          });
          request.on('end', () => {
            posted.push(body);
            response.end('{}');
          });
        },
      );
      servers.push({
        close: () => {
          server.closeAllConnections();
          server.close();
        },
      });
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
      return (server.address() as AddressInfo).port;
    };
    const webPort = await startHttps(0);
    let syslog = startRsyslog(syslogPort, log);
    let secure = startRsyslog(tlsPort, secureLog, { key, cert });
    const otlp = [new OtlpReceiver(), new OtlpReceiver()] as const;
    const otlpPort = await otlp[0].listen();
    const topic = { topic: 'found', partitions: 3 };
    const kafka = [new KafkaBroker(topic), new KafkaBroker(topic)] as const;
    const kafkaPort = await kafka[0].listen();
    let nats = startNats(natsPort);
    const admin = await natsReady(natsPort);
    const manager = await jetstreamManager(admin);
    await manager.streams.add({ name: 'FOUND', subjects: ['found'] });
    await manager.consumers.add('FOUND', { durable_name: 'FOUND' });
    await admin.close();

    const { outputs: settings, problems } = readOutputs({
      name: 'outputs.yaml',
      text: `outputs:
  - {name: syslog, type: syslog, address: "tcp://127.0.0.1:${syslogPort}"}
  - {name: bus, type: nats, servers: ["nats://127.0.0.1:${natsPort}"], subject: found, jetstream: true}
  - {name: web, type: http, url: "https://localhost:${webPort}/in", ca: ${cert}, body: lines}
  - {name: secure, type: syslog, address: "tls://localhost:${tlsPort}", ca: ${cert}}
  - {name: otel, type: otlp, url: "http://127.0.0.1:${otlpPort}/v1/logs"}
  - {name: kafka, type: kafka, brokers: ["kafka://127.0.0.1:${kafkaPort}"], topic: found}
`,
    });
    expect(problems).toEqual([]);
    const said: string[] = [];
    const outputs = new Outputs(settings, {
      ...{ folder: join(folder, 'queues'), hostname: 'node-1', version: '0' },
      say: (message) => said.push(message),
    });
    const arrived = (count: number) =>
      vi.waitFor(
        () => {
          expect(outputs.status.map(({ queued, problem }) => ({ queued, problem }))).toEqual(Array(6).fill({ queued: 0, problem: '' })); // biome-ignore format: one thought
          for (const each of [log, secureLog]) expect(new Set(numbersOf(textOf(each))).size).toBe(count);
        },
        { timeout: 90_000, interval: 100 },
      );
    outputs.write(range(0, 300).map(numbered));
    await arrived(300);

    await Promise.all([stop(syslog), stop(secure), stop(nats), otlp[0].end(), kafka[0].end()]);
    for (const each of servers.splice(0)) each.close();
    const until = performance.now() + OUTAGE_MS;
    let next = 300;
    while (performance.now() < until) {
      outputs.write(range(next, next + 10).map(numbered));
      next += 10;
      await sleep(200);
    }
    expect(outputs.status.every(({ problem, queued }) => problem !== '' && queued > 100)).toBe(true);
    syslog = startRsyslog(syslogPort, log);
    secure = startRsyslog(tlsPort, secureLog, { key, cert });
    await Promise.all([otlp[1].listen(otlpPort), kafka[1].listen(kafkaPort)]);
    nats = startNats(natsPort);
    await startHttps(webPort);
    await arrived(next);
    await outputs.close();

    const all = range(0, next);
    for (const found of [
      numbersOf(textOf(log)),
      numbersOf(posted.join('')),
      numbersOf(await storedIn(natsPort)),
      numbersOf(textOf(secureLog)),
      numbersOf(otlp.flatMap(({ bodies }) => bodies).join('\n')),
      numbersOf(kafka.flatMap(({ records }) => records.map(({ value }) => value)).join('\n')),
    ])
      expect([...new Set(found)]).toEqual(all); // each in order, whatever came twice
    expect(said.filter((message) => message.includes('is taken again'))).toHaveLength(6);
    expect(otlp.flatMap(({ refused }) => refused)).toEqual([]);
    await Promise.all([otlp[1].end(), kafka[1].end()]);
    expect(textOf(log).split('\n')[0]).toMatch(/^local0\.emerg node-1 runward test \{/);
  }, 240_000);
});

test('what a container does is in the syslog of another system, and the agent says what was sent', async (test) => {
  const runc = runtimes.runc();
  await requireRuntime(runc, test);
  const missing = missingProgram('rsyslogd');
  if (missing !== undefined) test.skip(missing);
  const [port, log] = [await freePort(), join(folder, 'agent.log')];
  startRsyslog(port, log);
  const file = join(folder, 'outputs.yaml');
  writeFileSync(
    file,
    `outputs:\n  - {name: siem, type: syslog, address: "tcp://127.0.0.1:${port}", format: ecs}\n`,
  );
  const agent = await startAgent({
    rules: ['rules'],
    args: ['--outputs', file, '--state', join(folder, 'state'), '--metrics', '127.0.0.1:0'],
  });
  const done = await runc.runToEnd({ args: ['sh', '-c', 'cat /etc/shadow > /dev/null'] });
  await vi.waitFor(() => expect(textOf(log)).toContain(done.id), { timeout: 30_000, interval: 50 });
  const lines = textOf(log)
    .split('\n')
    .filter((line) => line.includes(done.id));
  const found = JSON.parse(lines[0]?.replace(/^[^{]*/, '') ?? '') as object;
  expect(found).toMatchObject({ rule: { name: 'Password hashes read' }, container: { id: done.id } });
  const address = await vi.waitFor(() => {
    const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(agent.stderr()) ?? [];
    expect(found).toBeDefined();
    return found ?? '';
  });
  const healthy = await fetch(`${address}/healthz`);
  expect([healthy.status, await healthy.json()]).toEqual([200, expect.objectContaining({ healthy: true })]);
  await vi.waitFor(async () => {
    const metrics = await (await fetch(`${address}/metrics`)).text();
    expect(metrics).toMatch(/^runward_healthy 1$/m);
    expect(metrics).toMatch(/^runward_detections_total [1-9]/m);
    expect(metrics).toMatch(/^runward_output_sent_total\{output="siem",type="syslog"\} [1-9]/m);
  }, 30_000);
  await agent.stop();
  await runc.close();
});
