import { describe, expect, it, test } from 'vitest';
import { readOutputs } from './read-outputs.js';

const read = (text: string) => readOutputs({ name: 'outputs.yaml', text });

test('a file of every type is read, and says no more than it has to', () => {
  const { outputs, problems } = read(`outputs:
  - { name: file, type: file, path: /var/log/runward.json, rotateMiB: 8, keep: 2 }
  - { name: siem, type: syslog, address: "tls://[2001:db8::1]:6514", ca: /etc/ca.pem, format: cef, facility: authpriv }
  - name: hook
    type: http
    url: https://siem.example.org/in
    headers: { Authorization: { file: /run/secrets/token }, X-Tenant: shop }
    body: lines
    minPriority: warning
    sources: [policy]
    queueMiB: 1
  - { name: otel, type: otlp, url: "http://127.0.0.1:4318/v1/logs" }
  - { name: bus, type: nats, servers: ["tls://nats.example.org:4222"], subject: runward.detections, jetstream: true, token: { env: NATS_TOKEN } }
  - { name: log, type: kafka, brokers: ["tls://k1.example.org:9093", "tls://[::1]:9093"], topic: runward.found, sasl: SCRAM-SHA-512, user: node, password: { env: KAFKA }, key: /etc/key.pem }
  - { name: chat, type: slack, url: { file: /run/secrets/slack } }
  - { name: page, type: pagerduty, routingKey: { env: PD_KEY } }
`);
  expect(problems).toEqual([]);
  expect(outputs.map(({ target }) => target)).toMatchObject([
    { type: 'file', path: '/var/log/runward.json', rotateBytes: 8 * 1024 * 1024, keep: 2, format: 'runward' },
    { type: 'syslog', protocol: 'tls', host: '2001:db8::1', port: 6514, format: 'cef', facility: 10 },
    {
      ...{ type: 'http', format: 'falco', body: 'lines' },
      headers: {
        Authorization: { kind: 'file', path: '/run/secrets/token' },
        'X-Tenant': { kind: 'plain', text: 'shop' },
      },
    },
    { type: 'otlp' },
    { type: 'nats', tls: true, jetstream: true, token: { kind: 'env', name: 'NATS_TOKEN' } },
    {
      ...{ type: 'kafka', tls: true, brokers: ['k1.example.org:9093', '[::1]:9093'], topic: 'runward.found' },
      ...{ sasl: 'scram-sha-512', orderBy: 'node', key: '/etc/key.pem', format: 'falco' },
    },
    { type: 'slack', url: { kind: 'file', path: '/run/secrets/slack' } },
    { type: 'pagerduty', url: { kind: 'plain', text: 'https://events.pagerduty.com/v2/enqueue' } },
  ]);
  expect(outputs[2]).toMatchObject({ minPriority: 'Warning', sources: ['policy'], queueBytes: 1024 * 1024 });
});

describe('what is wrong is told with its place', () => {
  it.each([
    ['', '1:1 OUTPUTS_SETTINGS_VALUE the file names no outputs'],
    ['outputs: yes', '1:10 OUTPUTS_SETTINGS_TYPE `outputs` is no list'],
    ['output: []', '1:1 OUTPUTS_SETTINGS_KEY the file has no `output`'],
    ['outputs:\n  - {type: file, path: /x}', '2:5 OUTPUTS_SETTINGS_VALUE `name` is missing'],
    ['outputs:\n  - {name: a, type: fax}', '2:21 OUTPUTS_SETTINGS_VALUE `fax` is no value of `type`'],
    ['outputs:\n  - {name: a, type: file}', '2:5 OUTPUTS_SETTINGS_VALUE `path` is missing'],
    [
      'outputs:\n  - {name: a, type: file, path: /x, url: "http://x"}',
      '2:37 OUTPUTS_SETTINGS_KEY an output of type `file` has no `url`',
    ],
    [
      'outputs:\n  - {name: a, type: syslog, address: "siem:514"}',
      '2:38 OUTPUTS_SETTINGS_VALUE `siem:514` is no value of `address`',
    ],
    [
      'outputs:\n  - {name: a, type: http, url: {}}',
      '2:32 OUTPUTS_SETTINGS_VALUE `url` says no place, or two',
    ],
    [
      'outputs:\n  - {name: a, type: http, url: "http://x", headers: {Host: x}}',
      '2:54 OUTPUTS_SETTINGS_KEY `Host` cannot be set as a header',
    ],
    [
      'outputs:\n  - {name: a, type: file, path: /x}\n  - {name: a, type: file, path: /y}',
      '3:5 OUTPUTS_SETTINGS_VALUE two outputs are called `a`',
    ],
    [
      'outputs:\n  - {name: a, type: kafka, brokers: ["kafka://k:9092"], topic: x, sasl: plain, user: u, password: p}',
      '2:5 OUTPUTS_SETTINGS_VALUE a password would cross the network as it is',
    ],
    [
      'outputs:\n  - {name: a, type: kafka, brokers: ["kafka://k:9092", "tls://k:9093"], topic: x}',
      '2:5 OUTPUTS_SETTINGS_VALUE `brokers` has some with TLS and some without',
    ],
    [
      'outputs:\n  - {name: a, type: kafka, brokers: ["kafka://k:9092"], topic: x, user: u}',
      '2:5 OUTPUTS_SETTINGS_VALUE `user` and `password` are used with `sasl` only',
    ],
    [
      'outputs:\n  - {name: a, type: kafka, brokers: ["k:9092"], topic: x}',
      '2:38 OUTPUTS_SETTINGS_VALUE `k:9092` is no value of `brokers`',
    ],
    [
      'outputs:\n  - {name: a, type: kafka, brokers: ["kafka://k:9092"], topic: "x y"}',
      '2:64 OUTPUTS_SETTINGS_VALUE `x y` is no value of `topic`',
    ],
    [
      'outputs:\n  - {name: a, type: kafka, brokers: [], topic: x}',
      '2:5 OUTPUTS_SETTINGS_VALUE `brokers` is missing',
    ],
    ['outputs: [', 'OUTPUTS_SETTINGS_SYNTAX'],
  ])('%j', (text, expected) => {
    const { problems } = read(text);
    const told = problems.map(({ code, message, span }) => `${span.line}:${span.column} ${code} ${message}`);
    expect(told.join('\n')).toContain(expected);
    const mended = problems.filter(({ code }) => code !== 'OUTPUTS_SETTINGS_SYNTAX');
    expect(mended.every(({ help }) => help !== '')).toBe(true);
  });
});

test('a secret that was written in place is in no message', () => {
  const { problems } = read(
    'outputs:\n  - {name: a, type: pagerduty, routingKey: hunter2, minPriority: hunter3}',
  );
  expect(problems.map(({ message }) => message).join()).not.toContain('hunter2');
});
