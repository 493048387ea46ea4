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
      correlator.judge(facts, String(facts['evt.type']), ({ correlation, output }) =>
        onFire(correlation.name, output),
      );
    };
  };
}
