import type { FieldSpec } from '@runward/events';
import { type FactJudge, type FactView, factCatalogue, type RuleSet } from '@runward/rules';
import { Correlator } from './correlate/correlator.js';

/** Makes judges of sequences and thresholds for the tests beside rules, whose events are given as facts. */
export function factJudges(ruleSet: RuleSet, fields: ReadonlyMap<string, FieldSpec<never>>): () => FactJudge {
  const catalogue = factCatalogue(fields);
  return () => {
    let now = 0n;
    const correlator = new Correlator<FactView, undefined>(ruleSet, {
      ...{ catalogue, timeNs: () => now, witness: () => undefined },
    });
    return (facts, timeNs, onFire) => {
      now = timeNs;
      const matcher = correlator.matcher(String(facts['evt.type']));
      if (matcher !== undefined)
        correlator.judge(matcher, facts, ({ correlation, output }) => onFire(correlation.name, output));
    };
  };
}
