import { fieldCatalogue } from '@runward/events';
import { type FactView, factCatalogue, loadRules, type RuleSet } from '@runward/rules';
import { Correlator } from '../correlate/correlator.js';
import type { CorrelationMatch } from '../correlate/match.js';

export function loadText(text: string): RuleSet {
  const { value, diagnostics } = loadRules([{ name: 'rules.yaml', text }], { catalogue: fieldCatalogue });
  if (value === undefined) throw new TypeError(diagnostics.map((d) => d.message).join('\n'));
  return value;
}

/** Sequences and thresholds over events given as facts; an event's number is its witness. */
export class FactCorrelator {
  readonly correlator: Correlator<FactView, number>;

  constructor(
    text: string,
    limits: { readonly maxGroups?: number; readonly maxBytes?: number } = {},
    previous?: FactCorrelator,
  ) {
    const options = {
      catalogue: factCatalogue(fieldCatalogue),
      timeNs: (facts: FactView): bigint => BigInt(Number(facts['evt.rawtime'] ?? 0)),
      witness: (facts: FactView): number => Number(facts['evt.num'] ?? 0),
    };
    this.correlator = new Correlator(loadText(text), { ...options, ...limits }, previous?.correlator);
  }

  judge(facts: FactView): readonly CorrelationMatch<number>[] {
    const found: CorrelationMatch<number>[] = [];
    this.correlator.judge(facts, String(facts['evt.type']), (match) => found.push(match));
    return found;
  }
}
