import { describe, expect, it } from 'vitest';
import { loadTexts, ruleText, showDiagnostic } from './testing/load-text.js';

const many = (count: number): string =>
  Array.from({ length: count }, (_, i) => ruleText(`R${i}`, `evt.type = open and fd.name = /x/${i}`)).join(
    '',
  );

describe('a long rule file', () => {
  const text = many(5000);
  const load = (more: string) => loadTexts(text + more);

  it('has its rules in order and its problems in their place', () => {
    const { value, diagnostics } = load(
      ruleText('Last', 'evt.type = open and proc.nam = x', '  tags: [a]\n  tags: [b]\n'),
    );
    expect(value).toBeUndefined();
    expect(diagnostics.map(showDiagnostic)).toEqual([
      '0.yaml:25007:3 RULE_KEY_DUPLICATE : key `tags` is given twice; the first one counts',
      '0.yaml:25003:34 RULE_FIELD_UNKNOWN rule "Last": unknown field `proc.nam`',
    ]);
    expect(load('').value?.rules.map((rule) => rule.name)).toEqual(
      Array.from({ length: 5000 }, (_, i) => `R${i}`),
    );
  });

  it('may use an anchor of its first item in its last', () => {
    const first = '- list: a\n  items: &x [p, q]\n';
    const last = `- list: b\n  items: *x\n${ruleText('Last', 'evt.type = open and proc.name in (a, b)')}`;
    expect(loadTexts(first + text + last).diagnostics).toEqual([]);
    expect(loadTexts(first + text + last.replace('*x', '*y')).diagnostics.map(showDiagnostic)).toEqual([
      '0.yaml:25004:10 RULE_YAML_SYNTAX : the alias names no anchor before it',
      '0.yaml:25004:10 RULE_KEY_TYPE list "b": `items` must be a list',
    ]);
  });

  it('reports a syntax error once', () => {
    expect(load('- rule: x\n\tfoo: y\n').diagnostics.map((d) => d.code)).toEqual(['RULE_YAML_SYNTAX']);
  });
});
