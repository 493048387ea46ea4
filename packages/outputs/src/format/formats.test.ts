import { describe, expect, it, test } from 'vitest';
import { testDetection } from '../test-detection.js';
import { decodeLogs } from '../testing/otlp-receiver.js';
import { numbered, sample } from '../testing/sample.js';
import { FORMATS, type FormatName } from './index.js';
import { otlp, otlpRequest } from './otlp.js';
import { pagerDuty, slack } from './people.js';

const as = (format: FormatName, detection = sample): string => FORMATS[format](detection, '1.2.3');
// What a container can put into a name.
const hostile = {
  ...sample,
  output: 'a|b=c\\d\n<!channel> <https://evil.example|click> \u001b[2J\u202e "quoted"',
  rule: 'Rule | with = and \\',
};

describe('every format', () => {
  it.each(Object.keys(FORMATS) as FormatName[])('%s keeps a hostile text on one line', (format) => {
    const found = as(format, hostile);
    for (const harm of ['\n', '\r', '\u001b', '\u202e']) expect(found).not.toContain(harm);
  });

  it.each(['falco', 'runward', 'ocsf', 'ecs'] as const)(
    '%s is JSON that keeps the text as it was',
    (format) => {
      const found = JSON.parse(as(format, hostile)) as {
        readonly output?: string;
        readonly message?: string;
      };
      expect(found.output ?? found.message).toBe(hostile.output);
    },
  );
});

test('OCSF: a detection finding with its attack, evidence and ancestors', () => {
  expect(JSON.parse(as('ocsf'))).toMatchObject({
    class_uid: 2004,
    category_uid: 2,
    type_uid: 200401,
    activity_id: 1,
    severity_id: 5,
    time: Date.parse('2026-03-01T12:34:56.123Z'),
    metadata: { version: '1.3.0', product: { name: 'Runward', version: '1.2.3' } },
    finding_info: {
      title: 'Password hashes read',
      attacks: [
        { technique: { uid: 'T1003.008' } },
        { tactic: { uid: 'TA0006', name: 'Credential Access' } },
      ],
    },
    evidences: [
      {
        process: {
          pid: 42,
          cmd_line: 'cat /etc/shadow',
          parent_process: { pid: 41, parent_process: { pid: 40 } },
        },
        container: { uid: sample.container?.id, image: { name: 'docker.io/library/nginx:1.27' } },
      },
    ],
  });
});

test('ECS: an alert of a container of Kubernetes', () => {
  expect(JSON.parse(as('ecs'))).toMatchObject({
    '@timestamp': '2026-03-01T12:34:56.123Z',
    event: { kind: 'alert', category: ['file'], action: 'openat' },
    rule: { name: 'Password hashes read' },
    container: { id: sample.container?.id, image: { name: 'docker.io/library/nginx:1.27' } },
    orchestrator: { namespace: 'shop', resource: { name: 'web-0' } },
    process: { pid: 42, args: ['cat', '/etc/shadow'], parent: { pid: 41 } },
    threat: { tactic: { id: ['TA0006'] }, technique: { id: ['T1003.008'] } },
  });
});

test('CEF: escaped as its header and its extension ask', () => {
  const line = as('cef', hostile);
  expect(line).toMatch(/^CEF:0\|Runward\|Runward\|1\.2\.3\|Rule \\\| with = and \\\\\|/);
  expect(line).toContain(' msg=a|b\\=c\\\\d\\n<!channel>');
  expect(line).toContain('cs4Label=k8s.pod cs4=shop/web-0');
});

test('OpenTelemetry: a log record of one host', () => {
  const request = JSON.parse(otlpRequest([otlp(sample), otlp(numbered(2))], 'node-1', '1.2.3')) as {
    readonly resourceLogs: readonly {
      readonly resource: { readonly attributes: readonly object[] };
      readonly scopeLogs: readonly { readonly logRecords: readonly object[] }[];
    }[];
  };
  const [{ resource, scopeLogs } = { resource: { attributes: [] }, scopeLogs: [] }] = request.resourceLogs;
  expect(resource.attributes).toContainEqual({ key: 'host.name', value: { stringValue: 'node-1' } });
  expect(scopeLogs[0]?.logRecords).toHaveLength(2);
  expect(scopeLogs[0]?.logRecords[0]).toMatchObject({
    timeUnixNano: '1772368496123456789',
    severityNumber: 21,
    body: { stringValue: sample.output },
  });
});

test('OpenTelemetry: its published definitions know all of a record, and lose nothing of it', () => {
  const records = [sample, hostile, { ...sample, container: null }, testDetection('node-1')].map(otlp);
  expect(() => decodeLogs(otlpRequest(records, 'node-1', '1.2.3'))).not.toThrow();
  const [record = ''] = records;
  for (const [was, is] of [
    ['"severityText"', '"severity"'],
    ['"stringValue"', '"string"'],
    ['"timeUnixNano":"1', '"timeUnixNano":"x'],
  ] as const)
    expect(() => decodeLogs(otlpRequest([record.replace(was, is)], 'node-1', '1.2.3')), is).toThrow();
});

test('Slack: plain text, so that nothing is a mention or a link', () => {
  const found = JSON.parse(slack(hostile)) as {
    readonly text: string;
    readonly attachments: readonly {
      readonly blocks: readonly { readonly text?: { readonly type: string } }[];
    }[];
  };
  const texts = found.attachments.flatMap(({ blocks }) => blocks.flatMap(({ text }) => text ?? []));
  expect(texts.every(({ type }) => type === 'plain_text')).toBe(true);
  expect(found.text).not.toContain('<!channel>');
});

test('PagerDuty: one alert per rule and container', () => {
  const key = (text: string): unknown => (JSON.parse(text) as { readonly dedup_key: unknown }).dedup_key;
  expect(key(pagerDuty(numbered(1)))).toBe(key(pagerDuty(numbered(2))));
  expect(key(pagerDuty({ ...sample, container: null }))).not.toBe(key(pagerDuty(sample)));
  expect(JSON.parse(pagerDuty(sample))).toMatchObject({
    event_action: 'trigger',
    payload: { severity: 'critical' },
  });
});
