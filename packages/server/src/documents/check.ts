import { type Diagnostic, hasErrors } from '@runward/core';
import { readScenarios } from '@runward/drill';
import { fieldCatalogue } from '@runward/events';
import { readPolicies } from '@runward/policy';
import type { DocumentKind } from '@runward/protocol';
import { readPlaybooks } from '@runward/respond/playbooks';
import { loadRules } from '@runward/rules';
import type { SourceFile } from '@runward/yaml';
import { ServerError } from '../error.js';
import type { DocumentScope } from './document.js';

const MOST_FAULTS = 50;

export interface Draft extends DocumentScope {
  readonly kind: DocumentKind;
  readonly name: string;
  readonly text: string;
}

/** Judges drafts by what reads them on a node. */
export class DocumentCheck {
  readonly #rules: () => readonly SourceFile[];

  /** `rules`: those that nodes have besides, on which rules of a document may build. */
  constructor(rules: () => readonly SourceFile[] = () => []) {
    this.#rules = rules;
  }

  /** All that is wrong with it, and what its author should know. */
  diagnose({ kind, name, text, ...scope }: Draft): readonly Diagnostic[] {
    const file = { name: `${name}.yaml`, text };
    const found = [...this.#read(kind, file), ...outside(scope, kind, file)];
    if (text.trim() === '')
      found.push(problem(file.name, 'the document is empty', 'write what it is to say'));
    return found;
  }

  #read(kind: DocumentKind, file: SourceFile): readonly Diagnostic[] {
    switch (kind) {
      case 'policy':
        return readPolicies([file]).diagnostics;
      case 'rules':
        return loadRules([...this.#rules(), file], { catalogue: fieldCatalogue }).diagnostics.filter(
          ({ severity, span }) => severity === 'error' || span.file === file.name,
        );
      case 'playbook':
        return readPlaybooks([file]).diagnostics;
      case 'drill':
        return readScenarios([file]).diagnostics;
    }
  }

  /** The warnings of a draft that may be kept. @throws ServerError SERVER_DOCUMENT_INVALID with every place of an error */
  accept(draft: Draft): readonly Diagnostic[] {
    const found = this.diagnose(draft);
    if (!hasErrors(found)) return found;
    const errors = found.filter(({ severity }) => severity === 'error');
    const faults = errors.slice(0, MOST_FAULTS).map(({ message, span }) => ({ at: placeOf(span), message }));
    const [first] = errors;
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
    throw new ServerError(
      'SERVER_DOCUMENT_INVALID',
      `${first === undefined ? '' : `${placeOf(first.span)}: ${first.message}`}${more}`,
      { faults, help: first?.help ?? '' },
    );
  }
}

const placeOf = ({ file, line, column }: Diagnostic['span']): string => `${file}:${line}:${column}`;

const problem = (file: string, message: string, help: string, span?: Diagnostic['span']): Diagnostic => ({
  ...{ severity: 'error', code: 'SERVER_DOCUMENT_INVALID', message, help },
  span: span ?? { file, line: 1, column: 1, endLine: 1, endColumn: 1 },
});

/**
 * What a document says of more than its scope. Rules, playbooks and drills hold for a node as a whole, so who may write
 * for one namespace alone writes policies, and those that select nothing else.
 */
function outside({ namespace }: DocumentScope, kind: DocumentKind, file: SourceFile): readonly Diagnostic[] {
  if (namespace === '*') return [];
  if (kind !== 'policy') {
    const message = `a document of the kind \`${kind}\` holds for whole nodes, not for the namespace \`${namespace}\``;
    return [problem(file.name, message, 'give it the namespace `*`, or write a policy')];
  }
  return readPolicies([file]).policies.flatMap(({ name, selector, span }) =>
    selector.namespaces.length > 0 && selector.namespaces.every((each) => each === namespace)
      ? []
      : [
          problem(
            file.name,
            `the policy \`${name}\` selects more than the namespace \`${namespace}\``,
            `write \`namespaces: [${namespace}]\` in its selector, and nothing else`,
            span,
          ),
        ],
  );
}
