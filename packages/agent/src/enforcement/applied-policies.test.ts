import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KERNEL_LIMITS } from '@runward/policy';
import { PolicyChangeError, PolicyStore } from '@runward/state';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppliedPolicies } from './applied-policies.js';
import { FakeHost, workshop } from './testing/fake-host.js';
import { abilitiesOf } from './testing/fake-kernel.js';

const ada = { uid: 0, user: 'root', loginUser: 'ada', program: 'runward' };
const document = (name: string, spec: string): string =>
  `apiVersion: runward.dev/v1alpha1\nkind: RuntimePolicy\nmetadata:\n  name: ${name}\nspec:\n${spec.replace(/^(?=.)/gm, '  ')}`;
const file = (name: string, spec: string) => ({ name: `${name}.yaml`, text: document(name, spec) });

let folder = '';
let host = new FakeHost();
let wrapper = false;

function applied(): AppliedPolicies {
  const store = new PolicyStore(folder);
  return new AppliedPolicies({
    store,
    service: host.service(),
    workshop,
    hasWrapper: () => wrapper,
  });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rw-applied-'));
  host = new FakeHost();
  host.add('web', 1);
  wrapper = false;
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The codes of what a change was refused for. */
async function refusal(change: Promise<unknown>): Promise<readonly string[]> {
  try {
    await change;
  } catch (error) {
    if (error instanceof PolicyChangeError)
      return error.details.diagnostics.map(({ code, span }) => `${code} ${span.file}:${span.line}`);
    throw error;
  }
  return [];
}

const files = (mode: string, more = ''): string => `mode: ${mode}\n${more}file:\n  deny: [/etc/shadow]\n`;

describe('applying', () => {
  test('puts a policy in force, and records who did it', async () => {
    const policies = applied();
    const { changes } = await policies.apply([file('web', files('protect'))], ada);
    expect(changes).toMatchObject([{ name: 'web', before: null, after: { revision: 1 } }]);
    expect(host.kernel.bound).toEqual(new Map([[1, 1]]));
    expect(policies.store.decisions.read()).toMatchObject([{ action: 'apply', by: 'agent', who: ada }]);
  });

  test('a policy about images alone needs nothing of the kernel, and says where nothing refuses them', async () => {
    const images = 'mode: protect\ntrust:\n  pinned: true\n';
    const policies = applied();
    const report = await policies.apply([file('images', images)], ada);
    expect(report.diagnostics.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
      'warning ENFORCEMENT_NO_MECHANISM',
    ]);
    expect(report.changes).toMatchObject([{ after: { modes: { trust: 'protect' } } }]);
    expect(host.kernel.sets.size).toBe(0);
    await policies.setMode({ name: 'images', sections: ['trust'], mode: 'monitor' }, ada);
    wrapper = true;
    expect(
      (await policies.setMode({ name: 'images', sections: [], mode: 'protect' }, ada)).diagnostics,
    ).toEqual([]);
    const [stored] = (await policies.store.read()).policies;
    expect(stored?.policy.trust?.mode).toBe('protect');
  });

  test('is whole or not at all, and what is in force stays', async () => {
    const policies = applied();
    await policies.apply([file('web', files('protect'))], ada);
    const broken = [file('db', files('monitor')), file('web', 'mode: protect\nfile: {deny: [etc]}\n')];
    expect(await refusal(policies.apply(broken, ada))).toEqual(['POLICY_VALUE web.yaml:7']);
    const register = await policies.store.read();
    expect(register.policies.map(({ name, revision }) => `${name} ${revision}`)).toEqual(['web 1']);
    expect(host.kernel.sets.size).toBe(1);
  });

  test('names the line that is too much for the kernel', async () => {
    const lists = Array.from(
      { length: KERNEL_LIMITS.classes + 1 },
      (_, i) => `    - {path: /x${i}, from: [/bin/p${i}]}`,
    );
    const change = applied().apply(
      [file('big', `mode: monitor\nfile:\n  deny:\n${lists.join('\n')}\n`)],
      ada,
    );
    expect(await refusal(change)).toEqual([`POLICY_LIMIT big.yaml:${9 + KERNEL_LIMITS.classes}`]);
    expect(host.kernel.isPinned).toBe(false);
  });

  test('sees policies that are too much together for a container', async () => {
    const half = (name: string) => {
      const lists = Array.from(
        { length: KERNEL_LIMITS.classes * 0.75 },
        (_, i) => `    - {path: /x${i}, from: [/bin/${name}${i}]}`,
      );
      return file(name, `mode: monitor\nfile:\n  deny:\n${lists.join('\n')}\n`);
    };
    const policies = applied();
    await policies.apply([half('a')], ada);
    const refused = await refusal(policies.apply([half('b')], ada));
    expect(refused).toEqual([expect.stringContaining('POLICY_LIMIT b.yaml:')]);
  });

  test('changes nothing when it is rehearsed, and gives the kernel back', async () => {
    const policies = applied();
    const { changes } = await policies.rehearse([file('web', files('protect'))], ada);
    expect(changes).toMatchObject([{ name: 'web', before: null }]);
    expect([(await policies.store.read()).policies, host.kernel.isPinned]).toEqual([[], false]);
  });
});

describe('a section in protect that nothing enforces', () => {
  beforeEach(() => {
    host.kernel.abilities = abilitiesOf('process');
  });

  test('is refused, and in monitor it is not', async () => {
    const policies = applied();
    expect(await refusal(policies.apply([file('web', files('protect'))], ada))).toEqual([
      'ENFORCEMENT_NO_MECHANISM web.yaml:8',
    ]);
    expect(host.kernel.isPinned).toBe(false);
    expect(await refusal(policies.apply([file('web', files('monitor'))], ada))).toEqual([]);
    expect(await refusal(policies.setMode({ name: 'web', sections: [], mode: 'protect' }, ada))).toEqual([
      'ENFORCEMENT_NO_MECHANISM web.yaml:8',
    ]);
    expect((await policies.store.read()).policies[0]?.policy.file?.mode).toBe('monitor');
  });

  test('is in force with a warning where the policy asks for no more', async () => {
    const { diagnostics } = await applied().apply([file('web', files('protect', 'onMissing: alert\n'))], ada);
    expect(diagnostics).toMatchObject([
      {
        severity: 'warning',
        code: 'ENFORCEMENT_NO_MECHANISM',
        message: expect.stringContaining('no BPF LSM'),
      },
    ]);
  });

  test('of connections from elsewhere is refused where no packet is judged, and the rest is enforced', async () => {
    host.kernel.abilities = abilitiesOf('network').map((ability) =>
      ability.section === 'network' ? { ...ability, noIngress: 'no cgroup v2' } : ability,
    );
    const policies = applied();
    const network = (...lines: readonly string[]): string =>
      ['network:', 'mode: protect', ...lines].join('\n  ').concat('\n');
    const deny = 'deny: [{ operation: accept, ports: [22] }]';
    for (const lines of [['ingress: deny'], [deny]])
      expect(await refusal(policies.apply([file('web', network(...lines))], ada))).toEqual([
        'ENFORCEMENT_NO_MECHANISM web.yaml:7',
      ]);
    expect(await refusal(policies.apply([file('web', network('egress: deny'))], ada))).toEqual([]);
    const { diagnostics } = await policies.apply(
      [file('web', network('ingress: deny', 'onMissing: alert'))],
      ada,
    );
    expect(diagnostics).toMatchObject([
      { severity: 'warning', message: expect.stringContaining('no cgroup v2') },
    ]);
  });

  test('does not keep others from being changed', async () => {
    host.kernel.abilities = abilitiesOf('file');
    const policies = applied();
    await policies.apply([file('web', files('protect'))], ada);
    host.kernel.abilities = abilitiesOf();
    const later = applied(); // the machine came up with another kernel
    await later.refresh();
    expect(await refusal(later.apply([file('db', files('monitor'))], ada))).toEqual([]);
  });

  const capabilities = file('caps', 'mode: protect\ncapabilities:\n  deny: [NET_RAW]\n');

  test('has a mechanism where containers are created through the wrapper, if creation can do it', async () => {
    expect(await refusal(applied().apply([capabilities], ada))).toEqual([
      'ENFORCEMENT_NO_MECHANISM caps.yaml:8',
    ]);
    wrapper = true;
    expect(await refusal(applied().apply([capabilities], ada))).toEqual([]);
  });

  test('says which containers keep what they were created with', async () => {
    wrapper = true;
    const policies = applied();
    await policies.apply([file('web', 'mode: monitor\nprocess:\n  deny: [/x]\n')], ada);
    const { diagnostics } = await policies.apply([capabilities], ada);
    expect(diagnostics).toMatchObject([
      { code: 'ENFORCEMENT_AFTER_RESTART', message: expect.stringContaining(': web') },
    ]);
  });

  test('is refused when the kernel cannot be had at all', async () => {
    host.problem = new Error('no CAP_BPF');
    expect(await refusal(applied().apply([file('web', files('protect'))], ada))).toEqual([
      'ENFORCEMENT_UNAVAILABLE web.yaml:8',
    ]);
  });
});

test('detaching is recorded, and what is applied then is kept for later', async () => {
  const policies = applied();
  await policies.apply([file('web', files('protect'))], ada);
  expect(await policies.detach(ada)).toBe(true);
  expect(host.kernel.bound.size).toBe(0);
  expect(policies.store.decisions.read().map(({ action }) => action)).toEqual(['apply', 'detach']);
  const { diagnostics } = await policies.apply([file('db', files('protect'))], ada);
  expect(diagnostics).toMatchObject([
    { code: 'ENFORCEMENT_DETACHED', severity: 'warning', message: expect.stringContaining('ada detached') },
  ]);
  expect(host.kernel.bound.size).toBe(0);
});

test('a state folder that is damaged leaves what is in force', async () => {
  const policies = applied();
  await policies.apply([file('web', files('protect'))], ada);
  writeFileSync(join(folder, 'policies/index.json'), '{');
  await expect(policies.refresh()).rejects.toMatchObject({ code: 'STATE_DAMAGED' });
  expect(host.kernel.bound.size).toBe(1);
});
