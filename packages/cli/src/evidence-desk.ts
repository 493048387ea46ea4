import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ReadBounds, RecordFilter, VerifyOptions } from '@runward/evidence';
import { type OptionSpec, type Parsed, UsageError } from './command.js';

/** Of commands that read an evidence log. */
export const FOLDER_OPTION: Readonly<Record<string, OptionSpec>> = {
  folder: { type: 'string', value: 'DIR', doc: 'where the log is (default /var/lib/runward/evidence)' },
};

export const FILTER_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  ...FOLDER_OPTION,
  kind: {
    type: 'string',
    multiple: true,
    value: 'KIND',
    doc: 'records of this kind, repeatable: detection, verdict, response, policy.change, command, gap…',
  },
  container: {
    type: 'string',
    value: 'CONTAINER',
    doc: 'about this container: a name, an id or its beginning',
  },
  text: { type: 'string', value: 'TEXT', doc: 'with this text anywhere in them' },
  since: { type: 'string', value: 'WHEN', doc: 'from then on: a time, `2h` ago, or the number of a record' },
  until: { type: 'string', value: 'WHEN', doc: 'before then: a time, or `10m` ago' },
};

export function folderOf(args: Parsed): string {
  const folder = resolve(args.text('folder') ?? '/var/lib/runward/evidence');
  const isFolder = readable(
    folder,
    () => statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false,
  );
  if (!isFolder)
    throw new UsageError(`there is no folder \`${folder}\``, 'name that of the log with `--folder DIR`');
  readable(folder, () => accessSync(folder, constants.R_OK | constants.X_OK));
  return folder;
}

function readable<T>(folder: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`\`${folder}\` cannot be read: ${why}`, 'run the command as root, or on a copy');
  }
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function timeOf(name: string, text: string): number {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([smhd])$/.exec(text) ?? [];
  const ago = Number(amount) * (UNITS_MS[unit] ?? Number.NaN);
  const ms = amount === '' ? Date.parse(text) : Date.now() - ago;
  if (Number.isFinite(ms)) return ms;
  throw new UsageError(
    `\`--${name} ${text}\` is no time`,
    'write one such as `2026-05-01T12:00Z`, or how long ago: `90s`, `10m`, `2h`, `3d`',
  );
}

export function sinceOf(args: Parsed): VerifyOptions['since'] {
  const text = args.text('since');
  if (text === undefined) return undefined;
  return /^\d+$/.test(text) ? { seq: Number(text) } : { ms: timeOf('since', text) };
}

export function boundsOf(args: Parsed): ReadBounds {
  const since = sinceOf(args);
  const until = args.text('until');
  return {
    fromSeq: since !== undefined && 'seq' in since ? since.seq : undefined,
    sinceMs: since !== undefined && 'ms' in since ? since.ms : undefined,
    untilMs: until === undefined ? undefined : timeOf('until', until),
  };
}

export const filterOf = (args: Parsed): RecordFilter => ({
  kinds: args.texts('kind'),
  container: args.text('container'),
  text: args.text('text'),
});

/** The text of a file that was named, or what was given itself where it is not the name of one. */
export function readGiven(given: string): string {
  try {
    return readFileSync(given, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return given; // what fs throws has a code
    throw new UsageError(`cannot read \`${given}\`: ${(error as Error).message}`, 'check the path'); // as above
  }
}

export function noOperands(args: Parsed, help: string): void {
  if (args.rest.length > 0) throw new UsageError(`unexpected \`${args.rest[0]}\``, help);
}
