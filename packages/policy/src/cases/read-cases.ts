import { readYaml, type SourceFile } from '@runward/yaml';
import type { PolicyDiagnostic } from '../diagnostics/codes.js';
import { Reporter } from '../diagnostics/reporter.js';
import { LIMITS } from '../model/limits.js';
import { Place } from '../shape/shape.js';
import { caseFileShape } from './case-shape.js';
import type { PolicyCase } from './policy-case.js';

export interface CaseReading {
  /** Those without an error. */
  readonly cases: readonly PolicyCase[];
  readonly diagnostics: readonly PolicyDiagnostic[];
}

/** Reads a file of cases (`*.test.yaml`). Never throws on what it holds. */
export function readPolicyCases(file: SourceFile): CaseReading {
  const reporter = new Reporter();
  const place = new Place(reporter, '');
  const whole = { file: file.name, line: 1, column: 1, endLine: 1, endColumn: 1 };
  if (file.text.length > LIMITS.fileCharacters) {
    const message = `the file has ${file.text.length} characters; the limit is ${LIMITS.fileCharacters}`;
    place.report('POLICY_LIMIT', message, 'divide it', whole);
    return { cases: [], diagnostics: reporter.diagnostics };
  }
  const documents = readYaml(file, reporter.yaml).filter((node) => node.kind !== 'scalar' || !node.empty);
  if (documents.length === 0 && reporter.errors === 0)
    place.report(
      'POLICY_DOCUMENT',
      'the file holds no case',
      'it is a list of cases, each with `name`, `actions` and `expect`',
      whole,
    );
  const cases = documents.flatMap((document) => {
    if (document.kind !== 'scalar') return caseFileShape.read(document, place) ?? [];
    place.report(
      'POLICY_DOCUMENT',
      'cases are a list or a mapping, not a scalar',
      'begin each with `- name:`',
      document.span,
    );
    return [];
  });
  return { cases, diagnostics: reporter.diagnostics };
}
