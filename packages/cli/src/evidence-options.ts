import { join, resolve } from 'node:path';
import { numberOption, type OptionSpec, type Parsed, UsageError } from './command.js';

/** Of commands that keep an evidence log. */
export const EVIDENCE_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  evidence: { type: 'string', value: 'DIR', doc: 'where the evidence log is kept (default STATE/evidence)' },
  'evidence-size': { type: 'string', value: 'MB', doc: 'how much of it to keep at most (default 1024)' },
  'evidence-days': { type: 'string', value: 'N', doc: 'how long to keep it (default 400)' },
  'time-authority': {
    type: 'string',
    value: 'URL',
    doc: 'have this authority (RFC 3161) stamp the end of each of its segments',
  },
  'no-evidence': { type: 'boolean', doc: 'keep no evidence log' },
};

export interface EvidenceChoice {
  /** undefined: none is wanted. */
  readonly folder: string | undefined;
  /** The folder was named: without it the command is not to run. */
  readonly isAsked: boolean;
  /** The address of a time authority. */
  readonly timeAuthority: string | undefined;
  readonly limits: { readonly keptBytes: number; readonly keptMs: number };
}

const MIB = 1024 * 1024;
const DAY_MS = 24 * 3_600_000;

export function evidenceChoice(args: Parsed, state: string): EvidenceChoice {
  const given = args.text('evidence');
  if (given === '') throw new UsageError('`--evidence` names no folder', 'write `--evidence DIR`');
  const isOff = args.flag('no-evidence');
  if (isOff && given !== undefined)
    throw new UsageError('`--evidence` and `--no-evidence` contradict each other', 'give one of them');
  const limits = {
    keptBytes: numberOption(args, 'evidence-size', 1024, 64, 16 * MIB) * MIB,
    keptMs: numberOption(args, 'evidence-days', 400, 1, 36_500) * DAY_MS,
  };
  const timeAuthority = args.text('time-authority');
  if (timeAuthority !== undefined && !/^https?:\/\/[^/]/.test(timeAuthority))
    throw new UsageError(
      `\`--time-authority ${timeAuthority}\` is no address of an authority`,
      'write one that begins with `https://` or `http://`',
    );
  const folder = isOff ? undefined : given === undefined ? join(state, 'evidence') : resolve(given);
  return { folder, isAsked: given !== undefined, timeAuthority, limits };
}
