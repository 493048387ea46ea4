import type { RuleDiagnostic, SourceFile } from '@runward/rules';
import { readYamlFiles } from './yaml-files.js';

export interface RuleFiles {
  readonly files: readonly SourceFile[];
  /** Files that could not be read. */
  readonly problems: readonly RuleDiagnostic[];
}

/** Rule files as given: files in their order, a folder as its `*.yaml` (without `*.test.yaml`) in name order. */
export async function readRuleFiles(paths: readonly string[]): Promise<RuleFiles> {
  const { files, unreadable } = readYamlFiles(paths);
  if (unreadable.length === 0) return { files, problems: [] };
  // Only now: the rule language takes a while to load, and mostly there is nothing to report.
  const { fileReadDiagnostic } = await import('@runward/rules');
  return { files, problems: unreadable.map(({ path, reason }) => fileReadDiagnostic(path, reason)) };
}
