import { describe, expect, test } from 'vitest';
import { digestOf } from '../store/policy-store.js';
import { EMPTY_REGISTER, type PolicyRegister } from '../store/register.js';
import { samplePolicy } from '../testing/sample.js';
import { splitDocuments } from './documents.js';
import { type PlannedChange, planApply, planDelete, planMode } from './plan.js';

const circumstances = { who: { uid: 0, user: 'root', program: 'runward' }, by: 'command', nowMs: 5 } as const;
const document = (name: string, text: string) => ({ policy: samplePolicy(name), text, source: 'web.yaml' });

/** The register after a planned change, as the store would have it. */
const after = (register: PolicyRegister, change: PlannedChange | undefined): PolicyRegister => ({
  ...register,
  policies: [
    ...register.policies.filter(({ name }) => change?.put.every(({ stored }) => stored.name !== name)),
    ...(change?.put ?? []).map(({ stored }) => stored),
  ],
});
const applied = after(EMPTY_REGISTER, planApply(EMPTY_REGISTER, [document('web', 'a')], circumstances));
const codeOf = (act: () => unknown): unknown => {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

describe('applying', () => {
  test('records what was and what is', () => {
    const change = planApply(applied, [document('web', 'b'), document('db', 'c')], circumstances);
    expect(change?.decision).toMatchObject({
      action: 'apply',
      time: '1970-01-01T00:00:00.005Z',
      by: 'command',
    });
    const monitor = { capabilities: 'monitor' };
    expect(change?.decision.changes).toEqual([
      {
        name: 'web',
        before: { revision: 1, digest: digestOf('a'), modes: monitor },
        after: { revision: 2, digest: digestOf('b'), modes: monitor },
      },
      { name: 'db', before: null, after: { revision: 1, digest: digestOf('c'), modes: monitor } },
    ]);
    expect(change?.result.map(({ name }) => name)).toEqual(['web', 'db']);
  });

  test('the same again changes nothing, and modes set by hand stay', () => {
    const change = { name: 'web', sections: [], mode: 'protect' } as const;
    const promoted = after(applied, planMode(applied, change, 'a', circumstances));
    expect(planApply(promoted, [document('web', 'a')], circumstances)).toBeUndefined();
    const changed = after(promoted, planApply(promoted, [document('web', 'b')], circumstances));
    expect(changed.policies[0]).toMatchObject({ modes: {}, revision: 3 });
  });

  test('two policies of one name are refused', () => {
    const both = [document('web', 'a'), document('web', 'b')];
    expect(codeOf(() => planApply(EMPTY_REGISTER, both, circumstances))).toBe('POLICY_TWICE');
  });
});

describe('a mode', () => {
  const mode = (sections: readonly ('file' | 'capabilities')[], to: 'monitor' | 'protect') =>
    planMode(applied, { name: 'web', sections, mode: to }, 'a', circumstances);

  test('is set for the named sections, or all, and recorded with its evidence', () => {
    for (const sections of [[], ['capabilities']] as const) {
      const stored = mode(sections, 'protect')?.put[0]?.stored;
      expect(stored?.policy.capabilities?.mode).toBe('protect');
      expect(stored).toMatchObject({
        modes: { capabilities: 'protect' },
        digest: digestOf('a'),
        revision: 2,
      });
    }
    const change = { name: 'web', sections: [], mode: 'protect' } as const;
    const promotion = planMode(applied, change, 'a', circumstances, { evidence: { denied: 0 } });
    expect(promotion?.decision).toMatchObject({ action: 'promote', evidence: { denied: 0 } });
  });

  test('that holds already changes nothing', () => {
    expect(mode([], 'monitor')).toBeUndefined();
  });

  test('of what is not there is refused', () => {
    expect(codeOf(() => mode(['file'], 'protect'))).toBe('POLICY_NO_SUCH_SECTION');
    const change = { name: 'db', sections: [], mode: 'off' } as const;
    expect(codeOf(() => planMode(applied, change, 'a', circumstances))).toBe('POLICY_UNKNOWN');
    expect(codeOf(() => planDelete(applied, ['db'], circumstances))).toBe('POLICY_UNKNOWN');
  });
});

test('a deletion says what was', () => {
  const { decision, remove, result } = planDelete(applied, ['web', 'web'], circumstances);
  expect([remove, result]).toEqual([['web'], []]);
  expect(decision.changes).toMatchObject([{ name: 'web', before: { revision: 1 }, after: null }]);
});

test('of a file with several documents each policy keeps its lines where they are', () => {
  const at = (name: string, line: number) => ({
    ...samplePolicy(name),
    span: { ...samplePolicy(name).span, line },
  });
  const text = '# all\nname: a\n---\nname: b\nx: 1\n--- # c\nname: c\n';
  const documents = splitDocuments(text, [at('a', 2), at('b', 4), at('c', 6)], 'all.yaml');
  expect(documents.map((d) => d.text)).toEqual([
    '# all\nname: a\n',
    '\n\n---\nname: b\nx: 1\n',
    '\n\n\n\n\n--- # c\nname: c\n\n',
  ]);
});
