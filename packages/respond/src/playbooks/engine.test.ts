import { describe, expect, test } from 'vitest';
import { PlaybookEngine } from './engine.js';
import type { Finding } from './finding.js';
import type { Playbook } from './model.js';
import { readPlaybooks } from './read.js';

const NOW = Date.UTC(2026, 0, 5, 10); // a Monday

function playbook(spec: string): Playbook {
  const text = `apiVersion: runward.dev/v1alpha1\nkind: ResponsePlaybook\nmetadata: {name: p}\nspec:\n  mode: act\n  actions: [pause]\n${spec
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')}\n`;
  const { playbooks, diagnostics } = readPlaybooks([{ name: 'p.yaml', text }]);
  expect(diagnostics).toEqual([]);
  const [found] = playbooks;
  if (found === undefined) throw new Error('no playbook was read');
  return found;
}

function finding(
  more: { readonly [K in keyof Finding]?: Finding[K] } & {
    readonly name?: string;
    readonly namespace?: string;
    readonly afterMs?: number;
    readonly known?: 'all' | 'names' | 'id';
    readonly podLabels?: ReadonlyMap<string, string>;
  } = {},
): Finding {
  const {
    name = 'web',
    known = 'all',
    namespace,
    afterMs = 0,
    podLabels = new Map<string, string>(),
    ...rest
  } = more;
  return {
    ...{ rule: 'Miner started', priority: 'Critical', tags: ['miner'], source: 'syscall', count: 1, pid: 7 },
    timeMs: NOW + afterMs,
    container: {
      ...{
        id: name,
        name,
        image: 'shop/web:1',
        imageRepository: 'shop/web',
        imageDigest: '',
        runtime: 'docker',
      },
      ...{ labels: new Map(), podName: namespace === undefined ? '' : `${name}-pod`, known },
      pod: namespace === undefined ? undefined : { namespace, labels: podLabels },
    },
    ...rest,
  };
}

/** Outcomes, `-` where it has nothing to say. */
const outcomes = (engine: PlaybookEngine, findings: readonly Finding[]): string =>
  findings
    .map(
      (each) =>
        engine
          .judge(each)
          .map(({ outcome }) => outcome)
          .join('+') || '-',
    )
    .join(' ');

describe('a playbook', () => {
  test.each([
    ['match: {rules: ["Miner*"]}', {}, 'act'],
    ['match: {rules: ["Shell*"]}', {}, '-'],
    ['match: {tags: [other, miner]}', {}, 'act'],
    ['match: {tags: [other]}', {}, '-'],
    ['match: {minPriority: Error}', {}, 'act'],
    ['match: {minPriority: Alert}', {}, '-'],
    ['match: {sources: [policy]}', {}, '-'],
    ['match: {sources: [policy]}', { source: 'policy' }, 'act'],
    ['match: {rules: ["*"], selector: {images: ["shop/*"]}}', {}, 'act'],
    ['match: {rules: ["*"], selector: {namespaces: [shop]}}', {}, '-'],
    ['match: {rules: ["*"], selector: {namespaces: [shop]}}', { namespace: 'shop' }, 'act'],
  ] as const)('with %s about %j says %s', (spec, more, outcome) => {
    expect(outcomes(new PlaybookEngine([playbook(spec)]), [finding(more)])).toBe(outcome);
  });

  test('counts what comes within a time, apart for each container, workload or node', () => {
    const count = (per: string) =>
      new PlaybookEngine([
        playbook(`match: {rules: ["*"], count: {atLeast: 3, within: 1m, per: ${per}}}\ncooldown: 1s`),
      ]);
    const seconds = [0, 20, 40, 100, 110, 120].map((s) => finding({ afterMs: s * 1000 }));
    expect(outcomes(count('container'), seconds)).toBe('- - act - - act');
    const two = [0, 1, 2, 3].map((s) => finding({ afterMs: s * 1000, name: s % 2 === 0 ? 'a' : 'b' }));
    expect(outcomes(count('container'), two)).toBe('- - - -');
    expect(outcomes(count('node'), two)).toBe('- - act -');
    const pods = two.map((each) => ({
      ...each,
      container: { ...each.container, name: 'c', pod: { namespace: 's', labels: new Map([['app', 'x']]) } },
    }));
    expect(outcomes(count('workload'), pods)).toBe('- - act -');
    // A summary stands for several.
    expect(outcomes(count('container'), [finding({ count: 5 })])).toBe('act');
  });

  test('leaves a container alone for a while after it answered', () => {
    const engine = new PlaybookEngine([playbook('match: {rules: ["*"]}\ncooldown: 1m')]);
    const at = (s: number, name = 'web') => finding({ afterMs: s * 1000, name });
    expect(outcomes(engine, [at(0), at(1), at(2, 'other'), at(59), at(60)])).toBe('act - act - act');
  });

  test.each([
    ['never: [{namespaces: [kube-*]}]', { namespace: 'kube-system' }, 'held', 'never touched'],
    ['never: [{namespaces: [kube-*]}]', { namespace: 'shop' }, 'act', ''],
    [
      'never: [{podLabels: {app: db}}]',
      { namespace: 's', podLabels: new Map([['app', 'db']]) },
      'held',
      'never',
    ],
    ['never: [{podLabels: {app: db}}]', { namespace: 's', known: 'names' }, 'held', 'labels are not known'],
    ['never: [{namespaces: [kube-*]}]', { namespace: 's', known: 'names' }, 'act', ''],
    ['never: [{namespaces: [kube-*]}]', { known: 'id' }, 'held', 'who the container is'],
    ['maxContainersPerHour: 3', { known: 'id' }, 'act', ''],
    ['hours: {from: "08:00", to: "18:00"}', {}, 'act', ''],
    ['hours: {from: "11:00", to: "18:00"}', {}, 'held', 'outside the hours'],
    ['hours: {days: [sat, sun], from: "08:00", to: "18:00"}', {}, 'held', 'outside'],
    ['hours: {from: "22:00", to: "10:30"}', {}, 'act', ''],
    ['hours: {days: [sun], from: "22:00", to: "10:30"}', {}, 'act', ''],
    ['hours: {days: [mon], from: "22:00", to: "10:30"}', {}, 'held', 'outside'],
    ['approval: {within: 5m}', {}, 'ask', ''],
    [
      'minHealthyReplicas: 2',
      { namespace: 's', podLabels: new Map([['app', 'x']]) },
      'held',
      '1 healthy replicas',
    ],
    ['minHealthyReplicas: 1', { namespace: 's', podLabels: new Map([['app', 'x']]) }, 'act', ''],
    ['minHealthyReplicas: 1', {}, 'held', 'not known'],
  ] as const)('guarded by %s about %j is %s: %s', (guard, more, outcome, why) => {
    const engine = new PlaybookEngine([playbook(`match: {rules: ["*"]}\nguards: {${guard}}`)], {
      replicas: () => 1,
    });
    const [verdict] = engine.judge(finding(more));
    expect(verdict).toMatchObject({ outcome, why: expect.stringContaining(why) as string });
    // What holds is told once, and a container that is left alone does not count as answered.
    if (outcome === 'held') expect(engine.judge(finding({ ...more, afterMs: 1000 }))).toEqual([]);
  });

  test('acts on so many containers within the hour and no more', () => {
    const engine = new PlaybookEngine([
      playbook(
        'match: {rules: ["*"]}\nguards: {maxContainersPerHour: 2}\ncooldown: 1s\nbreaker: {workloads: 100}',
      ),
    ]);
    const at = (minutes: number, name: string) => finding({ afterMs: minutes * 60_000, name });
    expect(outcomes(engine, [at(0, 'a'), at(1, 'b'), at(2, 'c'), at(3, 'a'), at(62, 'c')])).toBe(
      'act act held act act',
    );
  });

  test('in dry-run says what it would do, and is the default', () => {
    const dry = { ...playbook('match: {rules: ["*"]}'), mode: 'dry-run' as const };
    expect(outcomes(new PlaybookEngine([dry]), [finding(), finding({ afterMs: 1 })])).toBe('dry-run -');
    const text =
      'apiVersion: runward.dev/v1alpha1\nkind: ResponsePlaybook\nmetadata: {name: p}\nspec: {match: {rules: ["*"]}, actions: [stop]}\n';
    expect(readPlaybooks([{ name: 'p', text }]).playbooks[0]).toMatchObject({
      mode: 'dry-run',
      cooldownMs: 300_000,
      guards: { maxContainersPerHour: 10 },
      actions: [{ action: 'stop', graceMs: 10_000 }],
    });
  });
});

describe('the circuit breaker', () => {
  const engine = () =>
    new PlaybookEngine([
      playbook('match: {rules: ["*"]}\nbreaker: {workloads: 3, within: 1m, rest: 10m}\ncooldown: 1s'),
    ]);
  const at = (s: number, name: string, rule = 'r') => finding({ afterMs: s * 1000, name, rule });

  test('stops responding to a rule that fits many workloads, says so once, and goes on after a rest', () => {
    const e = engine();
    expect(outcomes(e, [at(0, 'a'), at(1, 'b'), at(2, 'c'), at(3, 'd'), at(3.5, 'd')])).toBe(
      'act act breaker held -',
    );
    expect(outcomes(e, [at(5, 'x', 'another')])).toBe('act');
    expect(e.open(NOW + 6000)).toMatchObject([{ rule: 'r' }]);
    // Each hit begins the rest anew.
    expect(outcomes(e, [at(500, 'e'), at(700, 'f'), at(1400, 'g')])).toBe('held held act');
    expect(e.open(NOW + 1_400_000)).toEqual([]);
  });

  test('does not mind the same workload again, nor many over a long time', () => {
    expect(
      outcomes(
        engine(),
        [0, 10, 20, 30].map((s) => at(s, 'a')),
      ),
    ).toBe('act act act act');
    expect(
      outcomes(
        engine(),
        [0, 61, 122, 183].map((s) => at(s, `w${s}`)),
      ),
    ).toBe('act act act act');
  });

  test('is closed by hand', () => {
    const e = engine();
    expect(outcomes(e, [at(0, 'a'), at(1, 'b'), at(2, 'c')])).toBe('act act breaker');
    expect([e.resume('other', NOW + 3000), e.resume('r', NOW + 3000), e.resume('r', NOW + 3000)]).toEqual([
      false,
      true,
      false,
    ]);
    expect(outcomes(e, [at(4, 'd')])).toBe('act');
  });
});
