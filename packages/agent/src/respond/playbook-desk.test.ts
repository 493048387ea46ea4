import type { Asker, Order, ResponseRecord } from '@runward/respond';
import { type Finding, readPlaybooks } from '@runward/respond/playbooks';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PlaybookDesk } from './playbook-desk.js';

const FINDING: Finding = {
  ...{
    rule: 'r',
    priority: 'Critical',
    tags: [],
    source: 'syscall',
    count: 1,
    pid: 77,
    timeMs: 1_767_607_200_000,
  },
  container: {
    ...{ id: 'c1', name: 'web', image: '', imageRepository: '', imageDigest: '', runtime: 'runc' },
    ...{ labels: new Map(), podName: '', pod: undefined, known: 'all' },
  },
};

function desk(spec: string, answers: readonly (string | undefined)[] = []) {
  const text = `apiVersion: runward.dev/v1alpha1\nkind: ResponsePlaybook\nmetadata: {name: p}\nspec: {mode: act, match: {rules: ["*"]}, ${spec}}\n`;
  const { playbooks, diagnostics } = readPlaybooks([{ name: 'p', text }]);
  expect(diagnostics).toEqual([]);
  const acted: { order: Order; by: Asker }[] = [];
  const said: string[] = [];
  const made = new PlaybookDesk({
    playbooks,
    act: async (order, _, by) => {
      const code = answers[acted.length];
      acted.push({ order, by });
      const error = code === undefined ? {} : { error: { code, message: '', help: '' } };
      // What the desk looks at.
      return {
        id: `r${acted.length}`,
        action: order.action,
        result: code ? 'failed' : 'done',
        ...error,
      } as ResponseRecord;
    },
    replicas: () => undefined,
    quick: undefined,
    noted: () => expect.fail('nothing is quick'),
    onDecision: () => undefined,
    say: (text) => void said.push(text),
    pausesMs: [1, 1],
  });
  const outcomes = () => made.status.decisions.map(({ outcome }) => outcome);
  return { desk: made, acted, said, outcomes };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }));
afterEach(() => void vi.useRealTimers());

describe('a playbook at work', () => {
  test('does its actions in order, each told of the detection, whatever becomes of the one before', async () => {
    const { desk: d, acted, outcomes } = desk('actions: [pause, kill-process]', ['RESPOND_VANISHED']);
    await d.take(FINDING);
    expect(acted.map(({ order }) => order)).toEqual([
      { action: 'pause' },
      { action: 'kill-process', pid: 77, seenAtMs: FINDING.timeMs },
    ]);
    expect(acted[0]?.by).toMatchObject({ kind: 'playbook', playbook: 'p', rule: 'r' });
    expect(outcomes()).toEqual(['acted']);
    expect(d.status.decisions[0]).toMatchObject({ responses: ['r1', 'r2'], why: 'pause failed' });
  });

  test.each([
    ['RESPOND_BUSY', 3],
    ['RESPOND_FREEZE_TIMEOUT', 3],
    ['RESPOND_VANISHED', 1],
    ['RESPOND_DENIED', 1],
  ])('what fails with %s is tried %i times', async (code, times) => {
    const { desk: d, acted } = desk('actions: [pause]', [code, code, code, code]);
    const done = d.take(FINDING);
    await vi.advanceTimersByTimeAsync(100);
    await done;
    expect(acted).toHaveLength(times);
  });

  test('that needs approval acts when somebody says yes, and records who', async () => {
    const { desk: d, acted, outcomes, said } = desk('guards: {approval: {within: 10m}}, actions: [stop]');
    await d.take(FINDING);
    const [asked] = d.status.pending;
    expect([acted.length, said[0]]).toEqual([
      0,
      expect.stringContaining(`respond approve ${asked?.id.slice(0, 8)}`),
    ]);
    expect(await d.approve(asked?.id.slice(0, 6) ?? '', { user: 'ada' })).toMatchObject({
      outcome: 'approved',
      who: { user: 'ada' },
    });
    expect(acted[0]?.by).toMatchObject({ approvedBy: { user: 'ada' } });
    expect(outcomes()).toEqual(['approved', 'asked']);
    expect(() => d.refuse(asked?.id ?? '', {})).toThrow('nothing that waits for an answer');
  });

  test('does nothing when somebody says no, or nobody anything', async () => {
    const first = desk('guards: {approval: {within: 10m}}, actions: [stop]');
    await first.desk.take(FINDING);
    first.desk.refuse(first.desk.status.pending[0]?.id ?? '', { user: 'ada' });
    expect(first.outcomes()).toEqual(['refused', 'asked']);
    const second = desk('guards: {approval: {within: 10m}}, actions: [stop]');
    await second.desk.take(FINDING);
    await vi.advanceTimersByTimeAsync(600_001);
    expect(second.outcomes()).toEqual(['expired', 'asked']);
    expect([...first.acted, ...second.acted]).toEqual([]);
  });

  test('says when it stops responding to a rule, and goes on when it is told to', async () => {
    const { desk: d, acted, said } = desk('breaker: {workloads: 2}, actions: [stop]');
    vi.setSystemTime(FINDING.timeMs);
    await d.take(FINDING);
    await d.take({ ...FINDING, container: { ...FINDING.container, id: 'c2', name: 'other' } });
    expect(acted).toHaveLength(1);
    expect(said.at(-1)).toContain('rule `r` fits 2 workloads within 60 s: it is not responded to for 60 min');
    expect(d.status.open).toMatchObject([{ rule: 'r' }]);
    expect([d.resume('r'), d.status.open]).toEqual([true, []]);
  });

  test('that the sensor’s thread judges is judged only there, and the main thread does the rest', async () => {
    const text =
      'apiVersion: runward.dev/v1alpha1\nkind: ResponsePlaybook\nmetadata: {name: q}\nspec: {mode: act, match: {rules: ["*"], sources: [syscall]}, actions: [kill-process, pause]}\n';
    const sent: unknown[] = [];
    const acted: string[] = [];
    const d = new PlaybookDesk({
      playbooks: readPlaybooks([{ name: 'q', text }]).playbooks,
      act: async ({ action }) => {
        acted.push(action);
        return { id: 'r2', action, result: 'done' } as ResponseRecord; // what the desk looks at
      },
      noted: (order, _, by, why, killed) =>
        ({
          id: 'r1',
          action: order.action,
          result: 'done',
          by,
          why,
          facts: killed,
        }) as unknown as ResponseRecord, // as above
      quick: {
        respondQuickly: (playbooks) => void sent.push(playbooks.map(({ name }) => name)),
        resumeRule: (rule) => void sent.push(rule),
      },
      replicas: () => undefined,
      onDecision: () => undefined,
      say: () => undefined,
    });
    expect(sent).toEqual([['q']]);
    await d.take(FINDING);
    expect([acted, d.status.decisions]).toEqual([[], []]);
    const verdict = { playbook: 'q', finding: FINDING, why: '', open: [] };
    const killed = { beganAtMs: 1, tookMs: 0.2, pids: [77] };
    await d.takeQuick({ ...verdict, outcome: 'act', killed });
    expect(acted).toEqual(['pause']);
    expect(d.status.decisions[0]).toMatchObject({ outcome: 'acted', responses: ['r1', 'r2'] });
    await d.takeQuick({ ...verdict, outcome: 'breaker', open: [{ rule: 'r', untilMs: Date.now() + 1000 }] });
    expect(d.status.open).toMatchObject([{ rule: 'r' }]);
    expect([d.resume('r'), d.resume('r'), sent.at(-1)]).toEqual([true, false, 'r']);
    d.replace([]);
    expect(sent.at(-1)).toEqual([]);
  });
});
