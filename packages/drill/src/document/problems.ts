import type { Diagnostic, SourceSpan } from '@runward/core';

export type DrillDiagnosticCode =
  | 'DRILL_FILE_READ'
  | 'DRILL_SYNTAX'
  | 'DRILL_KEY'
  | 'DRILL_MISSING'
  | 'DRILL_TYPE'
  | 'DRILL_VALUE'
  | 'DRILL_TWICE';

export type DrillDiagnostic = Diagnostic<DrillDiagnosticCode>;

/** Gathers what is wrong while files are read: all of it, in one pass. */
export class Problems {
  readonly found: DrillDiagnostic[] = [];

  tell(code: DrillDiagnosticCode, message: string, help: string, span: SourceSpan): undefined {
    this.found.push({ severity: 'error', code, message, help, span });
    return undefined;
  }
}

export const listed = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(', ');

/** Input in a message: not longer than a line. */
export const shown = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text);
