import { hasErrors } from '@runward/core';
import { policyDiagnostic } from '@runward/policy';
import { type Playbook, type PlaybookReading, readPlaybooks } from '@runward/respond/playbooks';
import { printPolicyDiagnostics } from './policy-text.js';
import { readYamlFiles } from './yaml-files.js';

/** Playbooks of files and folders, with all that is wrong with them. */
export function readPlaybookFiles(paths: readonly string[]): PlaybookReading {
  const { files, unreadable } = readYamlFiles(paths);
  const problems = unreadable.map(({ path, reason }) => {
    const span = { file: path, line: 1, column: 1, endLine: 1, endColumn: 1 };
    const help = 'check that it exists and may be read';
    return policyDiagnostic('POLICY_FILE_READ', `the file cannot be read: ${reason}`, help, span, '');
  });
  const { playbooks, diagnostics } = readPlaybooks(files);
  return { playbooks, diagnostics: [...problems, ...diagnostics] };
}

/** Playbooks without an error; undefined after the problems were printed. */
export function soundPlaybooks(paths: readonly string[]): readonly Playbook[] | undefined {
  const { playbooks, diagnostics } = readPlaybookFiles(paths);
  printPolicyDiagnostics(diagnostics);
  return hasErrors(diagnostics) ? undefined : playbooks;
}
