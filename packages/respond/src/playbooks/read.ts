import type { SourceSpan } from '@runward/core';
import { Place, type PolicyDiagnostic, Reporter } from '@runward/policy/shape';
import { readYaml, type SourceFile, type YamlNode } from '@runward/yaml';
import type { Playbook } from './model.js';
import { KIND, playbookShape } from './shapes.js';

export interface PlaybookReading {
  /** Those without an error, in the order they were written. */
  readonly playbooks: readonly Playbook[];
  /** With the codes of policies, which are read the same way. */
  readonly diagnostics: readonly PolicyDiagnostic[];
}

const MOST_CHARACTERS = 1024 * 1024;
const MOST_PLAYBOOKS = 256;

/** Reads playbooks: YAML, any number of documents each. Never throws on what they hold; all problems come in one pass. */
export function readPlaybooks(files: readonly SourceFile[]): PlaybookReading {
  const playbooks = new Map<string, Playbook>();
  const diagnostics: PolicyDiagnostic[] = [];
  for (const file of files) {
    const reporter = new Reporter();
    for (const playbook of readFile(file, reporter)) {
      const other = playbooks.get(playbook.name);
      if (other === undefined) playbooks.set(playbook.name, playbook);
      else taken(playbook, other, file.name, reporter);
    }
    diagnostics.push(...reporter.diagnostics);
  }
  return { playbooks: [...playbooks.values()], diagnostics };
}

const wholeFile = (file: string, line = 1): SourceSpan => ({
  file,
  line,
  column: 1,
  endLine: line,
  endColumn: 1,
});

function readFile(file: SourceFile, reporter: Reporter): readonly Playbook[] {
  const refuse = (message: string, help: string): readonly Playbook[] => {
    reporter.report('POLICY_LIMIT', message, help, wholeFile(file.name), '');
    return [];
  };
  if (file.text.length > MOST_CHARACTERS)
    return refuse(
      `the file has ${file.text.length} characters; the limit is ${MOST_CHARACTERS}`,
      'write several files',
    );
  const documents = readYaml(file, reporter.yaml).filter((node) => node.kind !== 'scalar' || !node.empty);
  if (documents.length > MOST_PLAYBOOKS)
    return refuse(
      `the file has ${documents.length} documents; the limit is ${MOST_PLAYBOOKS}`,
      'write several files',
    );
  if (documents.length === 0 && reporter.errors === 0)
    reporter.report('POLICY_DOCUMENT', 'the file holds no playbook', BEGINS, wholeFile(file.name), '');
  const isSound = reporter.errors === 0;
  const playbooks = documents.flatMap((document) => readDocument(document, reporter));
  return isSound ? playbooks : [];
}

const BEGINS = `it begins with \`apiVersion: runward.dev/v1alpha1\` and \`kind: ${KIND}\``;

function readDocument(document: YamlNode, reporter: Reporter): readonly Playbook[] {
  const errors = reporter.errors;
  const at = new Place(reporter, '');
  if (document.kind !== 'map') {
    at.report('POLICY_DOCUMENT', `a playbook is a mapping, not a ${document.kind}`, BEGINS, document.span);
    return [];
  }
  const playbook = playbookShape.read(document, at);
  return playbook === undefined || reporter.errors > errors ? [] : [playbook];
}

function taken({ name, span }: Playbook, other: Playbook, file: string, reporter: Reporter): void {
  const message = `playbook \`${name}\` exists already, at ${other.span.file}:${other.span.line}`;
  const at = wholeFile(file, span.line);
  reporter.report('POLICY_NAME_TAKEN', message, 'give this one another name', at, 'metadata.name');
}
