import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFile } from '@runward/rules';

export interface YamlFiles {
  readonly files: readonly SourceFile[];
  readonly unreadable: readonly { readonly path: string; readonly reason: string }[];
}

const isYaml = (name: string): boolean =>
  /\.ya?ml$/.test(name) && !/\.test\.ya?ml$/.test(name) && !name.startsWith('.');

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Files as given: files in their order, a folder as its `*.yaml` (without `*.test.yaml`) in name order. */
export function readYamlFiles(paths: readonly string[]): YamlFiles {
  const files: SourceFile[] = [];
  const unreadable: { path: string; reason: string }[] = [];
  for (const path of paths) {
    let names: readonly string[];
    try {
      names = statSync(path).isDirectory()
        ? readdirSync(path)
            .filter(isYaml)
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
  return { files, unreadable };
}
