import { describe, expect, test } from 'vitest';
import { type Diagnostic, formatDiagnostic, hasErrors } from './diagnostic.js';

const problem: Diagnostic = {
  severity: 'error',
  code: 'RULE_FIELD_UNKNOWN',
  message: 'unknown field `proc.nmae`',
  help: 'did you mean `proc.name`?',
  span: { file: 'rules.yaml', line: 3, column: 14, endLine: 3, endColumn: 23 },
};

describe('a diagnostic as text', () => {
  test('begins with the place, as editors expect it, and has the help on a line of its own', () => {
    expect(formatDiagnostic(problem)).toBe(
      'rules.yaml:3:14: error[RULE_FIELD_UNKNOWN]: unknown field `proc.nmae`\n    help: did you mean `proc.name`?',
    );
  });
  test('without help is one line', () => {
    expect(formatDiagnostic({ ...problem, help: '' })).not.toContain('\n');
  });
});

test('warnings are no errors', () => {
  const warning: Diagnostic = { ...problem, severity: 'warning' };
  expect([hasErrors([]), hasErrors([warning]), hasErrors([warning, problem])]).toEqual([false, false, true]);
});
