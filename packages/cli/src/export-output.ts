import { hasErrors } from '@runward/core';
import type { Architecture, ExportFormat, ExportSubject, PolicyDiagnostic } from '@runward/policy';
import { EXIT, nearest, type OptionSpec, type Parsed, UsageError } from './command.js';
import { writeOutput } from './output-file.js';
import { printPolicyDiagnostics } from './policy-text.js';
import { toJson } from './terminal.js';

/** Of commands that write what a policy says in another language. */
export const EXPORT_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  output: { type: 'string', short: 'o', value: 'FILE', doc: 'the file to write (default: standard output)' },
  name: { type: 'string', value: 'NAME', doc: 'what the result is called by (default: as the policy)' },
  architecture: { type: 'string', value: 'ARCH', doc: 'of the filter: x64 or arm64 (default: this machine)' },
  strict: { type: 'boolean', doc: 'write nothing where the format cannot say all of the policy' },
  json: { type: 'boolean', doc: 'one JSON object: the text and what it cannot say' },
};

/** A word of a fixed list. @throws UsageError */
export function choiceOf<T extends string>(words: readonly T[], given: string, what: string): T {
  const found = words.find((word) => word === given);
  if (found !== undefined) return found;
  const near = nearest(given, words);
  throw new UsageError(
    `unknown ${what} \`${given}\``,
    near === undefined ? `use one of ${words.join(', ')}` : `did you mean \`${near}\`?`,
  );
}

export function formatOf<T extends string>(args: Parsed, formats: readonly T[]): T {
  const given = args.text('format');
  if (given === undefined)
    throw new UsageError('`--format` is missing', `write \`--format\` and one of ${formats.join(', ')}`);
  return choiceOf(formats, given, 'format');
}

export async function architectureOf(args: Parsed): Promise<Architecture> {
  const { ARCHITECTURES } = await import('@runward/policy');
  const given = args.text('architecture') ?? (process.arch === 'arm64' ? 'arm64' : 'x64');
  return choiceOf(ARCHITECTURES, given, 'architecture');
}

/** What things may be called by in AppArmor, SELinux, file names and Kubernetes alike. */
export function nameOf(args: Parsed): string | undefined {
  const given = args.text('name');
  if (given === undefined || /^[a-z0-9]([-.a-z0-9]{0,198}[a-z0-9])?$/.test(given)) return given;
  throw new UsageError(`\`${given}\` is no name`, 'use lower-case letters, digits, `-` and `.`');
}

/** Compiles, writes and tells what could not be said. */
export async function writeExport(
  args: Parsed,
  subject: ExportSubject,
  format: ExportFormat,
): Promise<number> {
  const { exportPolicy } = await import('@runward/policy');
  const { text, diagnostics } = exportPolicy(subject, format);
  return writeExported(args, { name: subject.name, format, text, diagnostics });
}

export interface ExportResult {
  readonly name: string;
  readonly format: string;
  readonly text: string | undefined;
  readonly diagnostics: readonly PolicyDiagnostic[];
}

export function writeExported(args: Parsed, result: ExportResult): number {
  const { text, diagnostics } = result;
  const isRefused =
    text === undefined || hasErrors(diagnostics) || (args.flag('strict') && diagnostics.length > 0);
  const output = args.text('output') ?? '-';
  if (args.flag('json')) {
    writeOutput(output, `${toJson({ ...result, text: isRefused ? null : text })}\n`);
  } else {
    printPolicyDiagnostics(diagnostics);
    if (isRefused && text !== undefined)
      process.stderr.write(
        'runward: nothing is written (--strict): the format cannot say all of the policy\n',
      );
    if (!isRefused) writeOutput(output, text);
  }
  return isRefused ? EXIT.usage : EXIT.ok;
}
