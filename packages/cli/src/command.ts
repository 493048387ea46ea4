import { type ParseArgsConfig, parseArgs } from 'node:util';

/** Exit codes of every command. */
export const EXIT = { ok: 0, failure: 1, usage: 2 } as const;

type OptionTypes = NonNullable<ParseArgsConfig['options']>;

export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly multiple?: boolean;
  /** One letter, for `-o` besides `--output`. */
  readonly short?: string;
  /** Name of the value in help, for options that take one. */
  readonly value?: string;
  readonly doc: string;
}

export interface Parsed {
  readonly flag: (name: string) => boolean;
  readonly text: (name: string) => string | undefined;
  readonly texts: (name: string) => readonly string[];
  readonly rest: readonly string[];
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  /** What follows the name, such as `[FILTER]`. */
  readonly operands: string;
  /** Paragraphs of help between usage and options. */
  readonly about: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly examples: readonly (readonly [command: string, what: string])[];
  /** Resolves to the exit code. */
  readonly run: (args: Parsed) => Promise<number>;
}

/** A mistake on the command line. The message says what, the help how to mend it. */
export class UsageError extends Error {
  constructor(
    message: string,
    readonly help: string,
  ) {
    super(message);
  }
}

const HELP_OPTION: OptionSpec = { type: 'boolean', doc: 'show this help' };

export function parseCommand(command: Command, argv: readonly string[]): Parsed {
  const options: OptionTypes = {};
  const specs: Readonly<Record<string, OptionSpec>> = { ...command.options, help: HELP_OPTION };
  for (const [name, { type, multiple, short }] of Object.entries(specs))
    options[name] = { type, multiple: multiple ?? false, ...(short === undefined ? {} : { short }) };
  const tokens = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  }).tokens;
  const values = new Map<string, string[]>();
  const rest: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') rest.push(token.value);
    if (token.kind !== 'option') continue;
    const spec = specs[token.name];
    if (spec === undefined) throw unknownOption(command, token.rawName, Object.keys(specs));
    if (spec.type === 'string' && token.value === undefined) {
      throw new UsageError(
        `\`${token.rawName}\` needs a value`,
        `write \`${token.rawName} ${spec.value ?? 'VALUE'}\``,
      );
    }
    if (spec.type === 'boolean' && token.value !== undefined) {
      throw new UsageError(`\`${token.rawName}\` takes no value`, `write just \`${token.rawName}\``);
    }
    values.set(token.name, [...(values.get(token.name) ?? []), token.value ?? 'true']);
  }
  return {
    flag: (name) => values.has(name),
    text: (name) => values.get(name)?.at(-1),
    texts: (name) => values.get(name) ?? [],
    rest,
  };
}

function unknownOption(command: Command, given: string, known: readonly string[]): UsageError {
  const near = nearest(given.replace(/^-+/, ''), known);
  const hint = near === undefined ? '' : `did you mean \`--${near}\`? `;
  return new UsageError(
    `unknown option \`${given}\``,
    `${hint}\`runward ${command.name} --help\` lists the options`,
  );
}

/** The candidate at most two edits away, if any. */
export function nearest(given: string, candidates: readonly string[]): string | undefined {
  const scored = candidates.map((name) => ({ name, distance: editDistance(given, name) }));
  const [best] = scored.sort((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= 2 ? best.name : undefined;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

export function commandHelp(command: Command): string {
  const lines = [
    `Usage: runward ${command.name} [options] ${command.operands}`.trimEnd(),
    '',
    command.about.trim(),
    '',
  ];
  lines.push('Options:');
  const rows = Object.entries({ ...command.options, help: HELP_OPTION }).map(([name, spec]) => {
    const short = spec.short === undefined ? '' : `-${spec.short}, `;
    const left = `${short}--${name}${spec.type === 'string' ? ` ${spec.value ?? 'VALUE'}` : ''}`;
    return [left, spec.doc] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  for (const [left, doc] of rows) lines.push(`  ${left.padEnd(width)}${doc}`);
  if (command.examples.length > 0) {
    lines.push('', 'Examples:');
    for (const [example, what] of command.examples) lines.push(`  ${example}`, `      ${what}`);
  }
  lines.push('', 'Exit codes: 0 done, 1 failed while running, 2 bad input or bad usage.');
  return `${lines.join('\n')}\n`;
}

/** A whole number option within bounds. */
export function numberOption(args: Parsed, name: string, fallback: number, min: number, max: number): number {
  const text = args.text(name);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new UsageError(
      `\`--${name} ${text}\` is not a whole number from ${min} to ${max}`,
      'give a number in that range',
    );
  }
  return value;
}
