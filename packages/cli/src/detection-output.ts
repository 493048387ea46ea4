import type { Detection } from '@runward/detect';
import type { Priority } from '@runward/rules';
import { type OptionSpec, type Parsed, UsageError } from './command.js';
import { detectionText } from './detection-text.js';
import { paintFor, toJson } from './terminal.js';

const FORMATS = ['text', 'json', 'full'] as const;
export type Format = (typeof FORMATS)[number];

/** How detections are written, live or replayed. */
export const FORMAT_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  json: {
    type: 'boolean',
    doc: 'JSON lines with the keys consumers of Falco expect; the same as --format json',
  },
  format: {
    type: 'string',
    value: 'FORMAT',
    doc: 'text, json, or full (JSON with process chain, container and event)',
  },
};

/** Which detections are made and written. */
export const CHOICE_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  'all-matches': { type: 'boolean', doc: 'report every rule that matches an event, not only the first' },
  'min-priority': {
    type: 'string',
    value: 'PRIORITY',
    doc: 'report this priority and more urgent ones only',
  },
};

export function formatOf(args: Parsed): Format {
  const given = args.text('format') ?? (args.flag('json') ? 'json' : 'text');
  const format = FORMATS.find((f) => f === given);
  if (format === undefined)
    throw new UsageError(`unknown format \`${given}\``, `use one of ${FORMATS.join(', ')}`);
  return format;
}

/** Which priorities to report. */
export async function urgencyTest(args: Parsed): Promise<(priority: Priority) => boolean> {
  const given = args.text('min-priority');
  if (given === undefined) return () => true;
  const { PRIORITIES } = await import('@runward/rules');
  const at = PRIORITIES.findIndex((p) => p.toLowerCase() === given.toLowerCase());
  if (at < 0) throw new UsageError(`unknown priority \`${given}\``, `use one of ${PRIORITIES.join(', ')}`);
  return (priority) => PRIORITIES.indexOf(priority) <= at;
}

export async function formatter(format: Format): Promise<(d: Detection) => string> {
  const paint = paintFor(process.stdout);
  if (format === 'text') return (d) => detectionText(d, paint);
  return format === 'json' ? (await import('@runward/outputs/falco')).falco : toJson;
}
