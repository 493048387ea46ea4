import { RULE_EVENT_TYPES, type Rule, type RuleSet, usedFields } from '@runward/rules';
import type { SourceCoverage } from '../event-source.js';
import type { Unjudged } from './report.js';

/** A rule about more types than this names none in particular: that some are missing says nothing about it. */
const ANY_TYPE = RULE_EVENT_TYPES.length / 2;

/** Fields of the condition only: one missing in the output changes what is said, not whether it is said. */
function fieldsOfCondition(rule: Rule): ReadonlySet<string> {
  return usedFields({ rules: [{ ...rule, enabled: true, template: { ...rule.template, parts: [] } }] });
}

function judge(rule: Rule, { eventTypes, missingFields }: SourceCoverage): Unjudged | undefined {
  const missing = rule.eventTypes.filter((type) => !eventTypes.has(type));
  if (missing.length === rule.eventTypes.length) {
    return { rule: rule.name, extent: 'none', reason: `the history has no ${list(missing)} events` };
  }
  const fields = [...fieldsOfCondition(rule)].filter((name) => missingFields.has(name));
  if (fields.length > 0) {
    return { rule: rule.name, extent: 'part', reason: `the history does not tell ${list(fields)}` };
  }
  if (missing.length === 0 || rule.eventTypes.length > ANY_TYPE) return undefined;
  return { rule: rule.name, extent: 'part', reason: `the history has no ${list(missing)} events` };
}

const SHOWN = 5;
const list = (names: readonly string[]): string =>
  names.length <= SHOWN
    ? names.join(', ')
    : `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} other`;

/** Rules of which a source cannot tell, or not fully, whether they would have fired. */
export const unjudgedRules = (rules: RuleSet, coverage: SourceCoverage): readonly Unjudged[] =>
  rules.rules.filter((rule) => rule.enabled).flatMap((rule) => judge(rule, coverage) ?? []);
