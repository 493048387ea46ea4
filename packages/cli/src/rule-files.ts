import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileReadDiagnostic, type RuleDiagnostic, type SourceFile } from '@runward/rules';

export interface RuleFiles {
  readonly files: readonly SourceFile[];
  readonly problems: readonly RuleDiagnostic[];
}

const isRuleFile = (name: string): boolean =>
  /\.ya?ml$/.test(name) && !/\.test\.ya?ml$/.test(name) && !name.startsWith('.');

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Rule files as given: files in their order, a folder as its `*.yaml` (without `*.test.yaml`) in name order. */
export function readRuleFiles(paths: readonly string[]): RuleFiles {
  const files: SourceFile[] = [];
  const problems: RuleDiagnostic[] = [];
  for (const path of paths) {
    let names: readonly string[];
    try {
      names = statSync(path).isDirectory()
        ? readdirSync(path).filter(isRuleFile).sort().map((name) => join(path, name))
        : [path];
    } catch (error) {
      problems.push(fileReadDiagnostic(path, reasonOf(error)));
      continue;
    }
    if (names.length === 0) problems.push(fileReadDiagnostic(path, 'the folder holds no *.yaml file'));
    for (const name of names) {
      try {
        files.push({ name, text: readFileSync(name, 'utf8') });
      } catch (error) {
        problems.push(fileReadDiagnostic(name, reasonOf(error)));
      }
    }
  }
  return { files, problems };
}
