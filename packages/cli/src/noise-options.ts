import { DEFAULT_NOISE, type NoiseOptions } from '@runward/detect/noise-options';
import { type OptionSpec, type Parsed, UsageError } from './command.js';

export const NOISE_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  group: {
    type: 'string',
    value: 'SPAN',
    doc: 'gather identical detections for so long after the first (default 10s; 0: report each)',
  },
  'rate-limit': {
    type: 'string',
    value: 'N/min',
    doc: 'detections of one rule in one container, the rest is counted (default 600/min; 0: no limit)',
  },
};

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const PER_MINUTE: Readonly<Record<string, number>> = { s: 60, min: 1, h: 1 / 60 };
const MAX_GROUP_MS = 3_600_000;

export function noiseOptions(args: Parsed): NoiseOptions {
  return { groupMs: groupMs(args.text('group')), perMinute: perMinute(args.text('rate-limit')) };
}

function groupMs(text: string | undefined): number {
  if (text === undefined) return DEFAULT_NOISE.groupMs;
  if (text === '0') return 0;
  const [, digits = '', unit = ''] = /^(\d{1,7})(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Number(digits) * (UNITS[unit] ?? Number.NaN);
  if (ms >= 0 && ms <= MAX_GROUP_MS) return ms;
  throw new UsageError(
    `\`--group ${text}\` is not a time span`,
    'write 500ms, 10s or 5m, at most 1h; 0 for none',
  );
}

function perMinute(text: string | undefined): number {
  if (text === undefined) return DEFAULT_NOISE.perMinute;
  if (text === '0') return 0;
  const [, digits = '', unit = ''] = /^(\d{1,7})\/(s|min|h)$/.exec(text) ?? [];
  const rate = Number(digits) * (PER_MINUTE[unit] ?? Number.NaN);
  if (rate >= 1) return rate;
  throw new UsageError(
    `\`--rate-limit ${text}\` is not a rate`,
    'write 600/min or 5/s, at least 1/min; 0 for no limit',
  );
}
