import { describe, expect, it } from 'vitest';
import { MemoBudget, type MemoKey, type RuleMask, ValueMemo } from './value-memo.js';

const ALL: RuleMask = [7];

function counted() {
  const asked: (MemoKey | undefined)[] = [];
  const decide = (value: MemoKey | undefined): RuleMask => {
    asked.push(value);
    return [String(value).length & 7];
  };
  return { asked, decide };
}

describe('a value memo', () => {
  it('decides a value once', () => {
    const { asked, decide } = counted();
    const memo = new ValueMemo(new MemoBudget(), ALL, decide);
    expect([memo.find('abc'), memo.find('abc'), memo.find(22), memo.find(22)]).toEqual([[3], [3], [2], [2]]);
    expect([memo.find(undefined), memo.find(undefined)]).toEqual([[1], [1]]);
    expect(asked).toEqual(['abc', 22, undefined]);
  });

  it('rules out nothing by a value of another kind', () => {
    const { asked, decide } = counted();
    const memo = new ValueMemo(new MemoBudget(), ALL, decide);
    expect([memo.find(5n), memo.find(['a']), memo.find(true)]).toEqual([ALL, ALL, ALL]);
    expect(asked).toEqual([]);
  });

  it('does not keep long texts', () => {
    const { asked, decide } = counted();
    const memo = new ValueMemo(new MemoBudget(), ALL, decide);
    const long = 'x'.repeat(513);
    expect([memo.find(long), memo.find(long)]).toEqual([[1], [1]]);
    expect(asked).toHaveLength(2);
  });

  it('forgets what was not met for a generation, and nothing that was', () => {
    const { asked, decide } = counted();
    const budget = new MemoBudget();
    const memo = new ValueMemo(budget, ALL, decide);
    const others = new ValueMemo(budget, ALL, counted().decide);
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
