import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { RuleDiagnostic, SourceFile } from '@runward/rules';

export interface RuleFiles {
  readonly files: readonly SourceFile[];
  /** Files that could not be read. */
  readonly problems: readonly RuleDiagnostic[];
}

interface Unreadable {
  readonly path: string;
  readonly reason: string;
}

const isRuleFile = (name: string): boolean =>
  /\.ya?ml$/.test(name) && !/\.test\.ya?ml$/.test(name) && !name.startsWith('.');

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Rule files as given: files in their order, a folder as its `*.yaml` (without `*.test.yaml`) in name order. */
export async function readRuleFiles(paths: readonly string[]): Promise<RuleFiles> {
  const files: SourceFile[] = [];
  const unreadable: Unreadable[] = [];
  for (const path of paths) {
    let names: readonly string[];
    try {
      names = statSync(path).isDirectory()
        ? readdirSync(path)
            .filter(isRuleFile)
            .sort()
            .map((name) => join(path, name))
        : [path];
    } catch (error) {
      unreadable.push({ path, reason: reasonOf(error) });
      continue;
    }
    if (names.length === 0) unreadable.push({ path, reason: 'the folder holds no *.yaml file' });
    for (const name of names) {
      try {
        files.push({ name, text: readFileSync(name, 'utf8') });
      } catch (error) {
        unreadable.push({ path: name, reason: reasonOf(error) });
      }
    }
  }
  if (unreadable.length === 0) return { files, problems: [] };
  // Only now: the rule language takes a while to load, and mostly there is nothing to report.
  const { fileReadDiagnostic } = await import('@runward/rules');
  return { files, problems: unreadable.map(({ path, reason }) => fileReadDiagnostic(path, reason)) };
}
