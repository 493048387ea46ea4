import type { SourceSpan } from '@runward/core';
import type { YamlProblem } from '@runward/yaml';
import { type PolicyCode, type PolicyDiagnostic, policyDiagnostic } from './codes.js';

/** What one file may report: a file that is wrong throughout is not worth a million messages. */
export const MAX_DIAGNOSTICS = 1000;

/** Collects the problems of one reading; everything reports here and continues. */
export class Reporter {
  readonly #found: PolicyDiagnostic[] = [];
  #errors = 0;

  report(code: PolicyCode, message: string, help: string, span: SourceSpan, path: string): void {
    const diagnostic = policyDiagnostic(code, message, help, span, path);
    if (diagnostic.severity === 'error') this.#errors += 1;
    if (this.#found.length < MAX_DIAGNOSTICS) this.#found.push(diagnostic);
    else if (this.#found.length === MAX_DIAGNOSTICS) {
      const rest = `more than ${MAX_DIAGNOSTICS} problems; the rest is left out`;
      this.#found.push(policyDiagnostic('POLICY_LIMIT', rest, 'mend these first', span, path));
    }
  }

  /** For the YAML reader. */
  readonly yaml = ({ kind, message, help, span }: YamlProblem): void => {
    this.report(kind === 'syntax' ? 'POLICY_YAML_SYNTAX' : 'POLICY_KEY_DUPLICATE', message, help, span, '');
  };

  /** How many errors there were so far, those left out included. */
  get errors(): number {
    return this.#errors;
  }

  get diagnostics(): readonly PolicyDiagnostic[] {
    return this.#found;
  }
}
