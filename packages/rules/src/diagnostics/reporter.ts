import type { SourceSpan } from '@runward/core';
import type { YamlProblem } from '@runward/yaml';
import { type RuleCode, type RuleDiagnostic, ruleDiagnostic } from './codes.js';

/** Collects the problems of one load; every phase reports here and continues. */
export class Reporter {
  readonly #found: RuleDiagnostic[] = [];

  report(code: RuleCode, message: string, help: string, span: SourceSpan, item: string): void {
    this.#found.push(ruleDiagnostic(code, message, help, span, item));
  }

  add(diagnostic: RuleDiagnostic): void {
    this.#found.push(diagnostic);
  }

  /** For the YAML reader. */
  readonly yaml = ({ kind, message, help, span }: YamlProblem): void => {
    this.report(kind === 'syntax' ? 'RULE_YAML_SYNTAX' : 'RULE_KEY_DUPLICATE', message, help, span, '');
  };

  get failed(): boolean {
    return this.#found.some((d) => d.severity === 'error');
  }

  get diagnostics(): readonly RuleDiagnostic[] {
    return this.#found;
  }
}
