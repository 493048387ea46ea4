/** The three official rule files, and how each of their rules is made to fire. */
import { resolve } from 'node:path';
import type { Exercise, Impossible } from './exercise.js';
import { INCUBATING, INCUBATING_IMPOSSIBLE } from './incubating.js';
import { SANDBOX, SANDBOX_IMPOSSIBLE } from './sandbox.js';
import { STABLE } from './stable.js';

export { type Exercise, type Impossible, NETWORK_SETUP, PLACES, type Place } from './exercise.js';

/** Falco's own files; users bring them, the project does not carry a copy. */
const folder = resolve(import.meta.dirname, '../../../../shared/conformance/falco-rules');

export interface StockFile {
  readonly name: string;
  readonly path: string;
  readonly exercises: readonly Exercise[];
  readonly impossible: readonly Impossible[];
}

const file = (
  name: string,
  fileName: string,
  exercises: readonly Exercise[],
  impossible: readonly Impossible[] = [],
): StockFile => ({ name, path: resolve(folder, fileName), exercises, impossible });

export const STOCK_FILES: readonly StockFile[] = [
  file('stable', 'falco_rules.yaml', STABLE),
  file('incubating', 'falco-incubating_rules.yaml', INCUBATING, INCUBATING_IMPOSSIBLE),
  file('sandbox', 'falco-sandbox_rules.yaml', SANDBOX, SANDBOX_IMPOSSIBLE),
];

export const EXERCISES: readonly Exercise[] = STOCK_FILES.flatMap(({ exercises }) => exercises);

/** A rule file that enables these rules, which the stock files leave to the user. */
export const enabling = (rules: readonly string[]): string =>
  rules
    .map((rule) => `- rule: ${JSON.stringify(rule)}\n  enabled: true\n  override:\n    enabled: replace\n`)
    .join('');
