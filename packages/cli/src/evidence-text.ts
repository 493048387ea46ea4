import type { EvidenceRecord, Found } from '@runward/evidence';
import { type Colour, type Paint, toJson, visible } from './terminal.js';

const COLOURS: Readonly<Record<string, Colour>> = {
  detection: 'yellow',
  verdict: 'yellow',
  response: 'red',
  gap: 'red',
  'log.resumed': 'red',
};

/** One line for people. */
export function recordText({ record }: Pick<Found, 'record'>, paint: Paint): string {
  const { seq, time, kind } = record;
  const colour = COLOURS[kind] ?? (/^(?:segment|key|log)\./.test(kind) ? 'dim' : 'cyan');
  return `${paint('dim', visible(time))} ${String(seq).padStart(6)} ${paint(colour, visible(kind).padEnd(13))} ${visible(essence(record))}`;
}

type Body = EvidenceRecord['body'];
const text = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : toJson(value);

const ESSENCES: Readonly<Record<string, (body: Body) => string>> = {
  detection: found,
  verdict: found,
  response: (body) => `${text(body.action)} ${text(body.outcome)}${by(body)}${rest(body, RESPONSE)}`,
  incident: (body) => `${text(body.id)} ${text(body.change)}${by(body)}${rest(body, RESPONSE)}`,
  command: (body) => `${text(body.request)} → ${text(body.status)}${by(body)}`,
  'policy.change': (body) => `${text(body.action)} ${names(body.changes)}${by(body)}`,
  'rules.loaded': (body) =>
    `${text(body.when)}: ${count(body.files)} files${body.accepted === true ? '' : ', refused'}`,
  'agent.start': (body) => `${text(body.producer)}, process ${text(body.pid)}, ${text(body.scope)}`,
  'agent.stop': (body) => `${text(body.why)}${rest(body, new Set(['why', 'lost']))}`,
  'node.trust': (body) =>
    `${text(body.name)} ${text(body.state)}${text(body.reason) === '' ? '' : ` (${text(body.reason)})`}: ${text(body.detail)}`.trim(),
  'agent.digests': (body) => `${count(body.files)} files`,
  anchor: (body) =>
    `record ${text(body.seq)} was there at ${text(body.time)}, as ${text(body.authority)} stamped`,
  gap: (body) => `${text(body.where)} lost ${text(body.lost)}: ${text(body.why)}`,
  'segment.open': (body) => `segment ${text(body.segment)}, key ${text(body.key)}`,
  'segment.close': (body) =>
    `segment ${text(body.segment)}, ${text(body.records)} records, root ${text(body.root)}`,
  'key.rotate': (body) => `to ${text(body.to)}: ${text(body.why)}`,
  'log.pruned': (body) => `${count(body.segments)} segments, for their ${text(body.why)}`,
};
const RESPONSE: ReadonlySet<string> = new Set(['action', 'outcome', 'who', 'id', 'change', 'time']);

const essence = ({ kind, body }: EvidenceRecord): string =>
  (Object.hasOwn(ESSENCES, kind) ? ESSENCES[kind]?.(body) : undefined) ?? toJson(body);

function found(body: Body): string {
  const { name } = (body.container ?? {}) as { readonly name?: unknown }; // an object, or nothing is said of it
  return `${text(body.priority)}: ${text(body.rule)}${name === undefined ? '' : ` in ${text(name)}`}: ${text(body.output)}`;
}

function by({ who }: Body): string {
  const { user, loginUser } = (who ?? {}) as Readonly<Record<string, unknown>>; // as above
  const name = loginUser ?? user;
  return name === undefined ? '' : ` by ${text(name)}`;
}

const count = (value: unknown): number => (Array.isArray(value) ? value.length : 0);
const names = (changes: unknown): string =>
  [changes]
    .flat()
    .map((change) => text((change as { readonly name?: unknown } | undefined)?.name)) // as above
    .join(', ');

function rest(body: Body, told: ReadonlySet<string>): string {
  const left = Object.entries(body).filter(([key]) => !told.has(key));
  return left.length === 0 ? '' : ` ${toJson(Object.fromEntries(left))}`;
}

/** A record for programs, with everything that is needed to check it again. */
export function recordJson({ record, hash, signature, segment, log }: Found): string {
  return toJson({ ...record, hash, ...(signature === '' ? {} : { signature }), segment, log });
}
