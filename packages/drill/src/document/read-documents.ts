import { readYaml, type SourceFile, type YamlNode } from '@runward/yaml';
import { Problems } from './problems.js';
import type { Shape } from './shape.js';

export interface DocumentOf<T> {
  readonly file: string;
  readonly node: YamlNode;
  readonly value: T;
}

/** One document of each file; a file with any problem gives none. */
export function readDocuments<T>(
  files: readonly SourceFile[],
  { shape, name }: { readonly shape: Shape<T>; readonly name: string },
  problems: Problems,
): readonly DocumentOf<T>[] {
  return files.flatMap((file) => {
    const mine = new Problems();
    const nodes = readYaml(file, ({ kind, message, help, span }) =>
      mine.tell(kind === 'syntax' ? 'DRILL_SYNTAX' : 'DRILL_KEY', message, help, span),
    );
    const [node, second] = nodes;
    if (second !== undefined) {
      mine.tell('DRILL_SYNTAX', 'the file holds more than one document', 'write one file each', second.span);
    }
    if (node === undefined && mine.found.length === 0) {
      const span = { file: file.name, line: 1, column: 1, endLine: 1, endColumn: 1 };
      mine.tell('DRILL_SYNTAX', 'the file holds no document', `write ${name} into it`, span);
    }
    const value = node === undefined ? undefined : shape.read(node, name, mine);
    problems.found.push(...mine.found);
    return node === undefined || value === undefined || mine.found.length > 0
      ? []
      : [{ file: file.name, node, value }];
  });
}
