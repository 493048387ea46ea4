import { type Diagnostic, formatDiagnostic } from '@runward/core';
import type { RuleDiagnostic } from '@runward/rules';
import { visible } from './terminal.js';

const lines = (text: string): string => text.split('\n').map(visible).join('\n');

export function printDiagnostics(diagnostics: readonly Diagnostic[]): void {
  for (const d of diagnostics) process.stderr.write(`${lines(formatDiagnostic(d))}\n`);
}

const toRow = ({ code, loadCode, message, help, span, item }: RuleDiagnostic) => ({
  code,
  loadCode,
  message,
  help,
  file: span.file,
  line: span.line,
  column: span.column,
  item,
});

/** The object `rules check --json` prints. */
export function diagnosticsReport(diagnostics: readonly RuleDiagnostic[]): {
  readonly valid: boolean;
  readonly errors: readonly object[];
  readonly warnings: readonly object[];
} {
  const errors = diagnostics.filter((d) => d.severity === 'error').map(toRow);
  return {
    valid: errors.length === 0,
    errors,
    warnings: diagnostics.filter((d) => d.severity === 'warning').map(toRow),
  };
}
