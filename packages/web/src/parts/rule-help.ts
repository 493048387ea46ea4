import { allFields, fieldCatalogue } from '@runward/events';
import { explainRule, loadRules, type RuleExplanation } from '@runward/rules';

export interface FieldHelp {
  readonly name: string;
  readonly type: string;
  readonly doc: string;
}

/** The fields of the rule language, as the agent itself has them. */
export const FIELDS: readonly FieldHelp[] = [...allFields.values()].map(({ name, type, doc }) => ({
  ...{ name, type, doc },
}));

const WORDS = [
  ...['and', 'or', 'not', 'in', 'exists', 'contains', 'icontains', 'startswith', 'endswith'],
  ...['glob', 'iglob', 'regex', 'pmatch', 'intersects'],
];
const KEYS = ['rule', 'desc', 'condition', 'output', 'priority', 'tags', 'source', 'macro', 'list', 'items'];

/** What can be written where a word begins. */
export const COMPLETIONS = [
  ...FIELDS.map(({ name, type, doc }) => ({ label: name, type: 'variable', detail: type, info: doc })),
  ...WORDS.map((label) => ({ label, type: 'keyword' })),
  ...KEYS.map((key) => ({ label: `${key}:`, type: 'property' })),
];

/** How the agent reads the rules of a text; those it cannot read are in the diagnostics. */
export function explainText(text: string): readonly RuleExplanation[] {
  const { value } = loadRules([{ name: 'draft.yaml', text }], { catalogue: fieldCatalogue });
  return value === undefined ? [] : value.rules.map((rule) => explainRule(rule, value));
}
