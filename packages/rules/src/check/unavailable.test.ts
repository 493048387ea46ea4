import { fieldCatalogue } from '@runward/events';
import { expect, it } from 'vitest';
import { printCondition } from '../explain/print.js';
import { loadRules } from '../load.js';
import { ruleText, showDiagnostic } from '../testing/load-text.js';

const load = (condition: string) =>
  loadRules([{ name: '0.yaml', text: ruleText('A', condition) }], { catalogue: fieldCatalogue });

it('a field that no event carries here is a warning that says why', () => {
  const { value, diagnostics } = load('evt.type = open and evt.latency > 1000');
  expect(diagnostics.map(showDiagnostic)).toEqual([
    '0.yaml:3:34 RULE_FIELD_UNAVAILABLE rule "A": no event carries `evt.latency` here: an event stands for a finished call; when it began is not recorded',
  ]);
  expect(diagnostics[0]).toMatchObject({ severity: 'warning', loadCode: 'LOAD_COMPILE_CONDITION' });
  expect(value?.rules).toHaveLength(1);
});

it('evt.around compares a distance', () => {
  const [rule] = load('evt.type = open and evt.around[1404996934793590564] = 1000').value?.rules ?? [];
  expect(rule === undefined ? '' : printCondition(rule.condition)).toBe(
    'evt.type = open and evt.around[1404996934793590564] <= 1000',
  );
});
