import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type OptionSpec, type Parsed, UsageError } from '../command.js';
import { durationOption } from '../quantity.js';

export const ATTEST_RUN_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  attest: {
    type: 'boolean',
    doc: 'also look at what containers may do and report changes (on by itself where something was approved)',
  },
  'attest-interval': {
    type: 'string',
    value: 'TIME',
    doc: 'how often, besides when something happens (default 60s)',
  },
};

export interface AttestChoice {
  readonly intervalMs: number;
}

const DEFAULT_MS = 60_000;
const LEAST_MS = 1000;

/** Asked for, or something was approved on this machine. */
export function attestChoice(args: Parsed, state: string): AttestChoice | undefined {
  const intervalMs = durationOption(args, 'attest-interval') ?? DEFAULT_MS;
  if (intervalMs < LEAST_MS)
    throw new UsageError(
      '`--attest-interval` is shorter than a second',
      'looking takes a while: write `--attest-interval 60s`',
    );
  return args.flag('attest') || existsSync(join(state, 'attest')) ? { intervalMs } : undefined;
}
