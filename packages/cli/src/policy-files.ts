import { hasErrors } from '@runward/core';
import { type PolicyDiagnostic, policyDiagnostic, type RuntimePolicy, readPolicies } from '@runward/policy';
import type { SourceFile } from '@runward/rules';
import { printPolicyDiagnostics } from './policy-text.js';
import { readYamlFiles } from './yaml-files.js';

export interface PolicyFiles {
  readonly files: readonly SourceFile[];
  readonly policies: readonly RuntimePolicy[];
  readonly diagnostics: readonly PolicyDiagnostic[];
}

/** Policies of files and folders, with all that is wrong with them. */
export function readPolicyFiles(paths: readonly string[]): PolicyFiles {
  const { files, unreadable } = readYamlFiles(paths);
  const problems = unreadable.map(({ path, reason }) => {
    const span = { file: path, line: 1, column: 1, endLine: 1, endColumn: 1 };
    return policyDiagnostic(
      'POLICY_FILE_READ',
      `the file cannot be read: ${reason}`,
      'check that it exists and may be read',
      span,
      '',
    );
  });
  const { policies, diagnostics } = readPolicies(files);
  return { files, policies, diagnostics: [...problems, ...diagnostics] };
}

/** Policies without an error; undefined after the problems were printed. Warnings are printed too. */
export function soundPolicies(paths: readonly string[]): readonly RuntimePolicy[] | undefined {
  const { policies, diagnostics } = readPolicyFiles(paths);
  printPolicyDiagnostics(diagnostics);
  return hasErrors(diagnostics) ? undefined : policies;
}
