/** A place in a source text. Lines and columns count from 1, columns in UTF-16 code units. */
export interface SourceSpan {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

export type Severity = 'error' | 'warning';

/** One problem in user input: what, where and how to mend it. Messages are lower case, user input in backticks. */
export interface Diagnostic<Code extends string = string> {
  readonly severity: Severity;
  readonly code: Code;
  readonly message: string;
  readonly help: string;
  readonly span: SourceSpan;
}

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some((d) => d.severity === 'error');

/** `file:line:column: severity[code]: message`, with the help on a line of its own. */
export function formatDiagnostic(d: Diagnostic): string {
  const at = `${d.span.file}:${d.span.line}:${d.span.column}`;
  const head = `${at}: ${d.severity}[${d.code}]: ${d.message}`;
  return d.help === '' ? head : `${head}\n    help: ${d.help}`;
}
