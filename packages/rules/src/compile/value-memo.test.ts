import { describe, expect, it } from 'vitest';
import { MemoBudget, type RuleMask, ValueMemo } from './value-memo.js';

function counted() {
  const asked: unknown[] = [];
  const decide = (value: unknown): RuleMask => {
    asked.push(value);
    return [String(value).length & 7];
  };
  return { asked, decide };
}

describe('a value memo', () => {
  it('decides a value once', () => {
    const { asked, decide } = counted();
    const memo = new ValueMemo(new MemoBudget(), decide);
    expect([memo.find('abc'), memo.find('abc'), memo.find(22), memo.find(22)]).toEqual([[3], [3], [2], [2]]);
    expect([memo.find(undefined), memo.find(undefined)]).toEqual([[1], [1]]);
    expect(asked).toEqual(['abc', 22, undefined]);
  });

  it('keeps no value of another kind', () => {
    const { asked, decide } = counted();
    const memo = new ValueMemo(new MemoBudget(), decide);
    for (const value of [5n, 5n, true]) memo.find(value);
    expect(asked).toEqual([5n, 5n, true]);
  });

  it('does not keep long texts', () => {
    const { asked, decide } = counted();
    const memo = new ValueMemo(new MemoBudget(), decide);
    const long = 'x'.repeat(513);
    expect([memo.find(long), memo.find(long)]).toEqual([[1], [1]]);
    expect(asked).toHaveLength(2);
  });

  it('forgets what was not met for a generation, and nothing that was', () => {
    const { asked, decide } = counted();
    const budget = new MemoBudget();
    const memo = new ValueMemo(budget, decide);
    const others = new ValueMemo(budget, counted().decide);
    memo.find('kept');
    memo.find('lost');
    for (let i = 0; budget.generation < 3; i += 1) {
      others.find(`value ${i}`);
      expect(memo.find('kept')).toEqual([4]);
    }
    memo.find('lost');
    expect(asked).toEqual(['kept', 'lost', 'lost']);
  });
});
