import { PRIORITIES } from '@runward/rules';
import { listed } from '@runward/yaml';
import { FORMATS, type FormatName } from '../format/index.js';
import type { TargetType } from './output-settings.js';

/** How a value is read; undefined: it is none. */
export interface Kind<T> {
  readonly parse: (text: string) => T | undefined;
  /** What belongs there. */
  readonly expected: string;
}

const oneOf = <T extends string>(words: readonly T[], what: string): Kind<T> => ({
  parse: (text) => words.find((word) => word.toLowerCase() === text.toLowerCase()),
  expected: `${what}: ${listed(words)}`,
});

export const TYPES = ['file', 'syslog', 'http', 'otlp', 'nats', 'kafka', 'slack', 'pagerduty'] as const satisfies readonly TargetType[]; // biome-ignore format: one line
export const TYPE = oneOf(TYPES, 'a type');
// The keys of the table are its names.
export const FORMAT = oneOf(Object.keys(FORMATS) as FormatName[], 'a format');
export const PRIORITY = oneOf(PRIORITIES, 'a priority');
export const BODY = oneOf(['one', 'lines', 'array'] as const, 'what one request holds');

export const ORDER_BY = oneOf(['node', 'container'] as const, 'what keeps its order');
export const SASL = oneOf(['plain', 'scram-sha-256', 'scram-sha-512'] as const, 'a mechanism');

const FACILITY_NAMES = [
  ...[
    'kern',
    'user',
    'mail',
    'daemon',
    'auth',
    'syslog',
    'lpr',
    'news',
    'uucp',
    'cron',
    'authpriv',
    'ftp',
    'ntp',
  ],
  ...[
    'audit',
    'alert',
    'clock',
    'local0',
    'local1',
    'local2',
    'local3',
    'local4',
    'local5',
    'local6',
    'local7',
  ],
];
export const FACILITY: Kind<number> = {
  parse: (text) => {
    const at = FACILITY_NAMES.indexOf(text);
    return at < 0 ? undefined : at;
  },
  expected: 'a facility, such as `local0` or `authpriv`',
};

export const NAME: Kind<string> = {
  parse: (text) => (/^[a-z0-9][a-z0-9-]{0,62}$/.test(text) ? text : undefined),
  expected: 'up to 63 small letters, digits and dashes, such as `siem`',
};

export const PATH: Kind<string> = {
  parse: (text) => (text.startsWith('/') && !text.includes('\0') ? text : undefined),
  expected: 'a path from the root, such as `/var/log/runward.json`',
};

export const WORD: Kind<string> = {
  parse: (text) => (text !== '' && text.length <= 4096 ? text : undefined),
  expected: 'a text that is not empty',
};

export const SWITCH: Kind<boolean> = {
  parse: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
  expected: '`true` or `false`',
};

export const wholeNumber = (least: number, most: number): Kind<number> => ({
  parse: (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
    return value >= least && value <= most ? value : undefined;
  },
  expected: `a whole number from ${least} to ${most}`,
});

export interface Address {
  readonly protocol: 'udp' | 'tcp' | 'tls';
  readonly host: string;
  readonly port: number;
}

const SYSLOG_PORTS = { udp: 514, tcp: 514, tls: 6514 } as const;

export const ADDRESS: Kind<Address> = {
  parse: (text) => {
    const [, protocol, host, port] =
      /^(udp|tcp|tls):\/\/(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
    if (protocol !== 'udp' && protocol !== 'tcp' && protocol !== 'tls') return undefined;
    const number = port === undefined ? SYSLOG_PORTS[protocol] : Number(port);
    if (host === undefined || number < 1 || number > 65_535) return undefined;
    return { protocol, host: host.replace(/^\[|\]$/g, ''), port: number };
  },
  expected:
    '`udp://`, `tcp://` or `tls://`, a host and perhaps a port, such as `tls://siem.example.org:6514`',
};

export const WEB_URL: Kind<string> = {
  parse: (text) => (/^https?:\/\//.test(text) && URL.canParse(text) ? text : undefined),
  expected:
    'an address such as `https://siem.example.org/ingest`, or `{ file: PATH }` or `{ env: NAME }` with one',
};

export const NATS_SERVER: Kind<string> = {
  parse: (text) => (/^(?:nats|tls):\/\/[^/@\s]+$/.test(text) ? text : undefined),
  expected:
    'a server such as `nats://127.0.0.1:4222` or `tls://nats.example.org:4222`, without a password in it',
};

export const KAFKA_BROKER: Kind<string> = {
  parse: (text) =>
    /^(?:kafka|tls):\/\/(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/.test(text) ? text : undefined,
  expected: 'a broker such as `tls://kafka.example.org:9093` or `kafka://127.0.0.1:9092`',
};

/** The names Kafka allows. */
export const TOPIC: Kind<string> = {
  parse: (text) => (/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/.test(text) ? text : undefined),
  expected: 'a topic of letters, digits, dots, dashes and underscores, such as `runward.detections`',
};

export const SUBJECT: Kind<string> = {
  parse: (text) => (/^[^\s.*>]+(?:\.[^\s.*>]+)*$/.test(text) ? text : undefined),
  expected: 'a subject without wildcards, such as `runward.detections`',
};

export const HEADER: Kind<string> = {
  parse: (text) => (/^[\x20-\x7e]+$/.test(text) ? text : undefined),
  expected: 'a text, or `{ file: PATH }` or `{ env: NAME }` with one',
};
export const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
