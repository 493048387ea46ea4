import type { RuleDiagnostic } from '../diagnostics/codes.js';
import { type LoadResult, loadRules } from '../load.js';
import { tinyCatalogue } from './tiny-catalogue.js';

/** Loads texts as files `0.yaml`, `1.yaml`, … over the tests' catalogue. */
export const loadTexts = (...texts: readonly string[]): LoadResult =>
  loadRules(
    texts.map((text, i) => ({ name: `${i}.yaml`, text })),
    { catalogue: tinyCatalogue },
  );

/** A rule that differs from a plain one in what is given. */
export const ruleText = (name: string, condition: string, more = ''): string =>
  `- rule: ${name}\n  desc: d\n  condition: ${condition}\n  output: o\n  priority: NOTICE\n${more}`;

export const showDiagnostic = ({ span, code, item, message }: RuleDiagnostic): string =>
  `${span.file}:${span.line}:${span.column} ${code} ${item}: ${message}`;
