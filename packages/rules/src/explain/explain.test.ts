import { describe, expect, it } from 'vitest';
import { loadTexts, ruleText } from '../testing/load-text.js';
import { type ExplainOptions, explainRule, type RuleExplanation } from './explain.js';

const SHARED = '(fd.name startswith /etc/ or fd.name contains "a b" or proc.cmdline contains x)';

function explain(condition: string, options: ExplainOptions = {}): RuleExplanation {
  const { value } = loadTexts(
    ruleText('A', condition) + ruleText('B', `evt.type = open and ${SHARED} and fd.num = 1`),
  );
  const [rule] = value?.rules ?? [];
  if (value === undefined || rule === undefined) throw new Error('the rule is not valid');
  return explainRule(rule, value, options);
}

describe('explainRule', () => {
  it('says what a rule comes down to, part by part', () => {
    const { parts, eventTypes, fields } = explain(
      'evt.type in (open, openat) and (proc.name = a or fd.num > 2)',
    );
    expect(parts).toEqual({
      join: 'and',
      terms: ['evt.type in (open, openat)', '(proc.name = a or fd.num > 2)'],
    });
    expect(eventTypes).toEqual(['open', 'openat']);
    expect(fields).toEqual(['evt.type', 'fd.num', 'proc.name']);
    expect(explain('evt.type = open or evt.type = connect').parts.join).toBe('or');
  });

  it('names the parts that other rules share', () => {
    const { shared } = explain(`evt.type = openat and ${SHARED}`);
    expect(shared.map(({ rules }) => rules)).toEqual([['B']]);
  });

  it('tells cheap rules from dear ones', () => {
    expect(explain('evt.type = open and proc.name = a').cost.class).toBe('light');
    const dear = explain('evt.type = open and (fd.name regex ".*a.*" or proc.cmdline regex ".*b.*")').cost;
    expect(dear.class).toBe('heavy');
    expect(dear.dearest[0]).toContain('regex');
  });

  it('says what the kernel can rule out, event types that are alike together', () => {
    const isKernelAtom: ExplainOptions['isKernelAtom'] = ({ field }, type) =>
      field === 'fd.name' && type.startsWith('open');
    const condition = 'evt.type in (open, openat, connect) and fd.name in (/a, "/b c") and proc.name = x';
    expect(explain(condition, { isKernelAtom }).kernel).toEqual([
      { eventTypes: ['open', 'openat'], alternatives: ['fd.name in (/a, "/b c")'] },
      { eventTypes: ['connect'], alternatives: [] },
    ]);
    expect(explain(condition).kernel).toEqual([
      { eventTypes: ['open', 'openat', 'connect'], alternatives: [] },
    ]);
  });
});
