import type { SourceSpan } from '@runward/core';
import { readYaml, type SourceFile, type YamlNode } from '@runward/yaml';
import type { PolicyDiagnostic } from '../diagnostics/codes.js';
import { Reporter } from '../diagnostics/reporter.js';
import { LIMITS } from '../model/limits.js';
import { MODED, type RuntimePolicy, SECTIONS } from '../model/policy.js';
import { Place } from '../shape/shape.js';
import { documentShape } from './document-shape.js';

export interface PolicyReading {
  /** Those without an error, in the order they were written. */
  readonly policies: readonly RuntimePolicy[];
  readonly diagnostics: readonly PolicyDiagnostic[];
}

/**
 * Reads policy files: YAML, any number of documents each. Never throws on what they hold; all problems are found in
 * one pass. A policy with an error in it is left out as a whole; of a file that is not sound YAML, all are.
 */
export function readPolicies(files: readonly SourceFile[]): PolicyReading {
  const policies = new Map<string, RuntimePolicy>();
  const diagnostics: PolicyDiagnostic[] = [];
  for (const file of files) {
    const reporter = new Reporter();
    for (const policy of readFile(file, reporter)) {
      const other = policies.get(policy.name);
      if (other === undefined) policies.set(policy.name, policy);
      else nameTaken(policy, other, reporter);
    }
    for (const diagnostic of reporter.diagnostics.toSorted(byPlace)) diagnostics.push(diagnostic);
  }
  return { policies: [...policies.values()], diagnostics };
}

const byPlace = (a: PolicyDiagnostic, b: PolicyDiagnostic): number =>
  a.span.line - b.span.line || a.span.column - b.span.column;

const wholeFile = (file: string): SourceSpan => ({ file, line: 1, column: 1, endLine: 1, endColumn: 1 });

function readFile(file: SourceFile, reporter: Reporter): readonly RuntimePolicy[] {
  if (file.text.length > LIMITS.fileCharacters) {
    const message = `the file has ${file.text.length} characters; the limit is ${LIMITS.fileCharacters}`;
    reporter.report(
      'POLICY_LIMIT',
      message,
      'write several policies in several files',
      wholeFile(file.name),
      '',
    );
    return [];
  }
  const documents = readYaml(file, reporter.yaml).filter((node) => node.kind !== 'scalar' || !node.empty);
  if (documents.length > LIMITS.documents) {
    const message = `the file has ${documents.length} documents; the limit is ${LIMITS.documents}`;
    const span = documents[LIMITS.documents]?.span ?? wholeFile(file.name);
    reporter.report('POLICY_LIMIT', message, 'write several files', span, '');
    return [];
  }
  if (documents.length === 0 && reporter.errors === 0) {
    const help =
      'a policy begins with `apiVersion: runward.dev/v1alpha1`; `runward policy schema` has the rest';
    reporter.report('POLICY_DOCUMENT', 'the file holds no policy', help, wholeFile(file.name), '');
  }
  const sound = reporter.errors === 0;
  const policies = documents.flatMap((document) => readDocument(document, reporter));
  return sound ? policies : [];
}

function readDocument(document: YamlNode, reporter: Reporter): readonly RuntimePolicy[] {
  const errors = reporter.errors;
  const at = new Place(reporter, '');
  if (document.kind !== 'map') {
    const help = 'it begins with `apiVersion: runward.dev/v1alpha1` and `kind: RuntimePolicy`';
    at.report('POLICY_DOCUMENT', `a policy is a mapping, not a ${document.kind}`, help, document.span);
    return [];
  }
  const policy = documentShape.read(document, at);
  if (policy === undefined || reporter.errors > errors) return [];
  if (
    reporter.errors === 0 &&
    policy.trust === undefined &&
    SECTIONS.every((section) => policy[section] === undefined)
  ) {
    const help = `add one of ${MODED.join(', ')}`;
    at.key('spec').report(
      'POLICY_SECTION_EMPTY',
      `policy \`${policy.name}\` has no section`,
      help,
      policy.span,
    );
  }
  return [policy];
}

function nameTaken(policy: RuntimePolicy, other: RuntimePolicy, reporter: Reporter): void {
  const message = `policy \`${policy.name}\` exists already, at ${other.span.file}:${other.span.line}`;
  reporter.report('POLICY_NAME_TAKEN', message, 'give this one another name', policy.span, 'metadata.name');
}
