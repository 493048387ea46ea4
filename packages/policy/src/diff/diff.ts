import type { EffectivePolicy, EffectiveSection } from '../decide/effective.js';
import { LIMITED, type Limited, SECTIONS, type SectionName } from '../model/policy.js';
import { type DecisionChange, type PolicyDifference, RISKS, type SettingChange } from './difference.js';
import { compareNames } from './names.js';
import { compareNetwork } from './network.js';
import { comparePaths } from './paths.js';
import { riskOf } from './risk.js';

/**
 * What `b` decides differently from `a`, sections in monitor taken for what they would deny. By what is decided, not by
 * how it is written: policies that say the same in other words do not differ.
 */
export function diffPolicies(a: EffectivePolicy, b: EffectivePolicy): PolicyDifference {
  const compared = SECTIONS.filter((name) => a.sections.has(name) || b.sections.has(name)).map((name) =>
    compare(a, b, name),
  );
  const changes = compared
    .flatMap((comparison) => comparison.changes)
    .map((change): DecisionChange => ({ ...change, risk: riskOf(change) }));
  return {
    changes: changes.sort(byRisk),
    settings: SECTIONS.flatMap((name) => settingsOf(name, a.sections.get(name), b.sections.get(name))),
    limits: compared.flatMap(({ limits }) => limits),
  };
}

function compare(a: EffectivePolicy, b: EffectivePolicy, name: SectionName) {
  switch (name) {
    case 'file':
    case 'process':
      return comparePaths(a, b, name);
    case 'network':
      return compareNetwork(a, b);
    default:
      return compareNames(a, b, name);
  }
}

const rank = ({ risk, section }: DecisionChange): number =>
  (risk === undefined ? RISKS.length : RISKS.indexOf(risk)) * SECTIONS.length + SECTIONS.indexOf(section);
const byRisk = (a: DecisionChange, b: DecisionChange): number => rank(a) - rank(b);

function limitOf(section: EffectiveSection | undefined, limited: Limited): string {
  const found = (section?.lines ?? []).flatMap(({ terms }) =>
    terms.kind === 'limit' && terms.limited === limited ? [terms.perSecond] : [],
  );
  return found.length === 0 ? 'none' : `${Math.min(...found)} a second`;
}

function settingsOf(
  section: SectionName,
  a: EffectiveSection | undefined,
  b: EffectiveSection | undefined,
): readonly SettingChange[] {
  const mode = (s: EffectiveSection | undefined): string =>
    s === undefined ? 'absent' : s.enforced ? 'protect' : 'monitor';
  const rows: SettingChange[] = [{ section, setting: 'mode', before: mode(a), after: mode(b) }];
  if (a !== undefined && b !== undefined)
    for (const setting of ['response', 'onFailure', 'onMissing'] as const)
      rows.push({ section, setting, before: a[setting], after: b[setting] });
  if (section === 'network')
    for (const limited of LIMITED)
      rows.push({
        section,
        setting: `limit of ${limited}`,
        before: limitOf(a, limited),
        after: limitOf(b, limited),
      });
  return rows.filter(({ before, after }) => before !== after);
}
