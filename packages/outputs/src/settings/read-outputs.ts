import { listed, type SourceFile, type YamlNode } from '@runward/yaml';
import { EntryReader } from './entry-reader.js';
import type { OutputSettings, Target, TargetType } from './output-settings.js';
import { type OutputsDiagnostic, Problems } from './problems.js';
import { readKafka } from './read-kafka.js';
import { readTls, TLS_KEYS } from './read-tls.js';
import {
  ADDRESS, BODY, FACILITY, FORMAT, NAME, NATS_SERVER, PATH, PRIORITY, SUBJECT, SWITCH, TYPE, TYPES, WEB_URL, WORD,
  wholeNumber,
} from './values.js'; // biome-ignore format: names

export interface ReadOutputs {
  readonly outputs: readonly OutputSettings[];
  /** Any one, and the outputs must not be used. */
  readonly problems: readonly OutputsDiagnostic[];
}

const MIB = 1024 * 1024;
const MOST_OUTPUTS = 64;
const COMMON = ['name', 'type', 'minPriority', 'sources', 'queueMiB'] as const;
const WEB = ['url', 'headers', ...TLS_KEYS] as const;
const KEYS: Readonly<Record<TargetType, readonly string[]>> = {
  file: ['format', 'path', 'rotateMiB', 'keep'],
  syslog: ['format', 'address', 'facility', ...TLS_KEYS],
  http: ['format', 'body', ...WEB],
  otlp: WEB,
  kafka: ['format', 'brokers', 'topic', 'orderBy', 'sasl', 'user', 'password', ...TLS_KEYS],
  nats: ['format', 'servers', 'subject', 'jetstream', 'token', 'user', 'password', 'creds', ...TLS_KEYS],
  slack: WEB,
  pagerduty: ['routingKey', ...WEB],
};
const LOCAL0 = 16;
const PAGER_DUTY = 'https://events.pagerduty.com/v2/enqueue';
const MEBIBYTES = wholeNumber(1, 1024 * 1024);

/** The outputs that a file names. Any text may come. */
export function readOutputs(file: SourceFile): ReadOutputs {
  const problems = new Problems();
  const document = problems.document(file);
  const top =
    document === undefined ? new Map() : new Map(problems.entries(document, ['outputs'], 'the file'));
  const node: YamlNode | undefined = top.get('outputs')?.value;
  const outputs = node === undefined ? [] : readList(node, problems);
  if (node === undefined && problems.found.length === 0) {
    const nowhere = { file: file.name, line: 1, column: 1, endLine: 1, endColumn: 1 };
    problems.tell(
      'value',
      'the file names no outputs',
      'write `outputs:` and a list of them',
      document?.span ?? nowhere,
    );
  }
  return { outputs, problems: problems.found };
}

function readList(node: YamlNode, problems: Problems): readonly OutputSettings[] {
  if (node.kind !== 'list' || node.items.length > MOST_OUTPUTS) {
    const what = node.kind === 'list' ? `has more than ${MOST_OUTPUTS} items` : 'is no list';
    problems.tell('type', `\`outputs\` ${what}`, 'write `- name: siem` and its keys for each', node.span);
    return [];
  }
  const names = new Set<string>();
  return node.items.flatMap((item) => {
    const output = readOutput(item, problems);
    if (output === undefined) return [];
    if (names.has(output.name))
      problems.tell(
        'value',
        `two outputs are called \`${output.name}\``,
        'their queues are by name: choose another',
        item.span,
      );
    names.add(output.name);
    return [output];
  });
}

function readOutput(node: YamlNode, problems: Problems): OutputSettings | undefined {
  const given = node.kind === 'map' ? node.entries.get('type')?.value : undefined;
  const type = given?.kind === 'scalar' ? TYPE.parse(given.text) : undefined;
  const keys = [...COMMON, ...(type === undefined ? Object.values(KEYS).flat() : KEYS[type])];
  const where = type === undefined ? 'an output' : `an output of type \`${type}\``;
  const entry = new EntryReader(node, keys, where, problems);
  if (node.kind !== 'map') return undefined;
  const name = entry.needed('name', NAME);
  entry.needed('type', { ...TYPE, expected: `one of ${listed(TYPES)}` });
  const target = type === undefined ? undefined : readTarget(type, entry);
  if (name === undefined || target === undefined) return undefined;
  return {
    name,
    target,
    minPriority: entry.optional('minPriority', PRIORITY) ?? 'Debug',
    sources: entry.list('sources', WORD),
    queueBytes: (entry.optional('queueMiB', MEBIBYTES) ?? 256) * MIB,
  };
}

function readTarget(type: TargetType, entry: EntryReader): Target | undefined {
  switch (type) {
    case 'file': {
      const path = entry.needed('path', PATH);
      const rotateBytes = (entry.optional('rotateMiB', MEBIBYTES) ?? 64) * MIB;
      const keep = entry.optional('keep', wholeNumber(0, 1000)) ?? 5;
      const format = entry.optional('format', FORMAT) ?? 'runward';
      return path === undefined ? undefined : { type, path, rotateBytes, keep, format };
    }
    case 'syslog': {
      const address = entry.needed('address', ADDRESS);
      const facility = entry.optional('facility', FACILITY) ?? LOCAL0;
      const format = entry.optional('format', FORMAT) ?? 'falco';
      const tls = readTls(entry);
      return address === undefined ? undefined : { type, ...address, ...tls, facility, format };
    }
    case 'nats':
      return readNats(entry);
    case 'kafka':
      return readKafka(entry);
    default:
      return readWeb(type, entry);
  }
}

function readWeb(type: 'http' | 'otlp' | 'slack' | 'pagerduty', entry: EntryReader): Target | undefined {
  const given = entry.secret('url', WEB_URL, type !== 'pagerduty');
  const url = given ?? (type === 'pagerduty' ? { kind: 'plain' as const, text: PAGER_DUTY } : undefined);
  const headers = entry.headers();
  const tls = readTls(entry);
  const format = type === 'http' ? (entry.optional('format', FORMAT) ?? 'falco') : 'falco';
  const body = type === 'http' ? (entry.optional('body', BODY) ?? 'one') : 'one';
  const routingKey = type === 'pagerduty' ? entry.secret('routingKey', WORD, true) : undefined;
  if (url === undefined) return undefined;
  const web = { url, headers, ...tls };
  if (type === 'http') return { type, ...web, format, body };
  if (type !== 'pagerduty') return { type, ...web };
  return routingKey === undefined ? undefined : { type, ...web, routingKey };
}

function readNats(entry: EntryReader): Target | undefined {
  const servers = entry.neededList('servers', NATS_SERVER, 'nats://127.0.0.1:4222');
  const subject = entry.needed('subject', SUBJECT);
  const token = entry.secret('token', WORD, false);
  const user = entry.optional('user', WORD);
  const password = entry.secret('password', WORD, false);
  const creds = entry.optional('creds', PATH);
  const tls = readTls(entry);
  const format = entry.optional('format', FORMAT) ?? 'falco';
  const jetstream = entry.optional('jetstream', SWITCH) ?? false;
  if (subject === undefined || servers.length === 0) return undefined;
  return {
    ...{ type: 'nats', servers, subject, jetstream, format, ...tls },
    tls: servers.some((server) => server.startsWith('tls:')),
    ...(token === undefined ? {} : { token }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(creds === undefined ? {} : { creds }),
  };
}
