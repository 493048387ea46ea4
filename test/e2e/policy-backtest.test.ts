/** What policies say of a recorded container, and a promotion that is decided on it. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPolicies } from '@runward/policy';
import { PolicyAdministration, PolicyStore, splitDocuments } from '@runward/state';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { requireRuntime, runtimes, type TestContainer, uniqueName } from './harness/index.js';
import { poll, startTied } from './harness/process.js';
import { Scratch } from './harness/scratch.js';
import { ProtectedHost } from './servers/protected-host.js';

const COMMAND = join(import.meta.dirname, '../../bin/runward');
const runtime = runtimes.runc();
const scratch = new Scratch('policy-backtest');
const host = new ProtectedHost();
beforeEach((test) => requireRuntime(runtime, test));
afterAll(async () => {
  await runtime.close();
  await host.stop();
  await host.ask('policy', 'detach', '--all');
  await scratch.remove();
});

const PLANTED = [
  'cat /etc/shadow >/dev/null',
  'mkdir -p /etc/cron.d; echo x > /etc/cron.d/x; echo y >> /etc/cron.d/x',
  'cp /bin/busybox /tmp/tool; /tmp/tool true; /tmp/tool true',
  'mount -t tmpfs none /mnt',
  'nc -w 1 127.0.0.1 9 </dev/null',
  'true',
].join('\n');
const ORDINARY = 'cat /etc/passwd; ls /tmp; echo x > /tmp/y; cat /tmp/y; true';

const policyText = (planted: string, ordinary: string): string => `apiVersion: runward.dev/v1alpha1
kind: RuntimePolicy
metadata: { name: shop }
spec:
  selector: { containerNames: ["${planted}", "${ordinary}"] }
  mode: monitor
  onMissing: alert
  process:
    deny:
      - { glob: /tmp/**, comment: nothing starts from where anyone may write }
      - /usr/bin/never-started
  file:
    deny:
      - { path: /etc/shadow, operations: [read] }
      - { directory: /etc/cron.d, operations: [create, write] }
      - { path: /etc/never-read, operations: [read] }
  network:
    deny: [{ operation: connect, cidrs: [127.0.0.0/8], ports: [9] }]
  kernelSurface: { deny: [mount, bpf] }
`;

const runward = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(COMMAND, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status, stdout, stderr };
};

interface Line {
  readonly label: string;
  readonly denied: number;
  readonly workloads: readonly {
    readonly workload: { readonly container: string };
    readonly denied: { readonly count: number; readonly examples: readonly string[] };
  }[];
}

it('denies exactly what was planted, by the right lines, and a promotion keeps it as its evidence', async () => {
  const recording = scratch.below('all.rwrec');
  const record = startTied(COMMAND, ['record', '-o', recording, '--json']);
  await poll(() => (record.stderr().includes('ready') ? true : undefined), 30_000, 20);
  const [planted, ordinary, stranger] = ['planted', 'ordinary', 'stranger'].map(uniqueName);
  if (planted === undefined || ordinary === undefined || stranger === undefined) throw new Error('no names');
  await runtime.runToEnd({ name: planted, args: ['sh', '-c', PLANTED] });
  await runtime.runToEnd({ name: ordinary, args: ['sh', '-c', ORDINARY] });
  await runtime.runToEnd({ name: stranger, args: ['sh', '-c', PLANTED] });
  record.child.kill('SIGTERM');
  expect((await record.exit).code).toBe(0);

  const file = scratch.below('shop.yaml');
  const text = policyText(planted, ordinary);
  writeFileSync(file, text);
  const page = scratch.below('report.html');
  const backtest = runward('policy', 'backtest', file, '--over', recording, '--json', '--html', page);
  expect(backtest.status, backtest.stderr).toBe(0);
  const summary = JSON.parse(backtest.stdout) as {
    lines: readonly Line[];
    selected: number;
    containers: number;
    unobservable: readonly { section: string }[];
  };
  const found = summary.lines.map(({ label, denied, workloads }) => ({
    ...{ label, denied, containers: workloads.map(({ workload }) => workload.container) },
    examples: workloads.flatMap((w) => w.denied.examples.map((example) => example.replace('owned ', ''))),
  }));
  const only = { containers: [planted] };
  expect(
    found.sort((a, b) => (a.label < b.label ? -1 : 1)),
    backtest.stdout,
  ).toEqual([
    {
      ...{ label: 'file deny /etc/cron.d', denied: 4, ...only },
      examples: expect.arrayContaining([
        '/bin/busybox create /etc/cron.d/x',
        '/bin/busybox write /etc/cron.d/x',
      ]),
    },
    { label: 'file deny /etc/shadow', denied: 1, ...only, examples: ['/bin/busybox read /etc/shadow'] },
    { label: 'kernelSurface deny mount', denied: 1, ...only, examples: ['kernel mount (by /bin/busybox)'] },
    {
      ...{ label: 'network deny connect 127.0.0.0/8 9', denied: 1, ...only },
      examples: ['/bin/busybox connect 127.0.0.1:9/tcp'],
    },
    {
      label: 'process deny /tmp/**',
      denied: 2,
      ...only,
      examples: ['/bin/busybox exec drifted /tmp/tool true'],
    },
  ]);
  expect([summary.selected, summary.containers >= 3]).toEqual([2, true]);
  expect(summary.unobservable.map(({ section }) => section)).toContain('process');
  const everywhere = runward('policy', 'backtest', file, '--everywhere', '--over', recording);
  expect(everywhere.stdout, everywhere.stderr).toContain(stranger);

  const state = scratch.below('state');
  const store = new PolicyStore(state);
  const { policies } = readPolicies([{ name: file, text }]);
  const who = { uid: 0, user: 'root', program: 'test' };
  await new PolicyAdministration(store, 'command', async () => []).apply(
    splitDocuments(text, policies, file),
    who,
  );
  const offline = (...args: readonly string[]) =>
    runward('policy', 'promote', 'shop', '--state', state, ...args);

  const without = offline('--yes');
  expect([without.status, without.stderr]).toEqual([
    2,
    expect.stringContaining('there is no history to judge by'),
  ]);
  const unasked = offline('file', '--over', recording);
  expect([unasked.status, unasked.stderr]).toEqual([2, expect.stringContaining('add `--yes`')]);
  expect(unasked.stdout).toContain('5 actions would have been denied');
  const done = offline('file', '--over', recording, '--yes');
  expect(done.status, done.stderr).toBe(0);
  expect(done.stdout).toContain('shop: file monitor → protect');
  const again = offline('--over', recording, '--yes', '--json');
  expect(again.status, again.stderr).toBe(0);

  const decisions = store.decisions.read().filter(({ action }) => action === 'promote');
  expect(decisions).toMatchObject([
    {
      changes: [{ name: 'shop', after: { modes: { file: 'protect', process: 'monitor' } } }],
      evidence: { confirmed: '--yes', backtest: { denied: 5, selected: 2 }, monitor: null },
    },
    // What file denies already is not told again.
    { changes: [{ name: 'shop' }], evidence: { backtest: { denied: 4 } } },
  ]);
  expect(decisions[0]?.evidence).toMatchObject({
    backtest: {
      lines: expect.arrayContaining([expect.objectContaining({ label: 'file deny /etc/shadow' })]),
    },
  });
  expect(offline('--over', recording, '--yes').stdout).toContain('nothing to promote');
});

describe('through an agent', () => {
  const name = uniqueName('guarded');
  const explained = async (): Promise<string> =>
    (await host.ask('policy', 'explain', name, 'exec /usr/local/bin/exercise')).stdout;
  const exercise = ['exercise', 'read', '/etc/hosts'];
  let guarded: TestContainer;

  it('a container is explained by its name, and nothing is promoted before there is one', async () => {
    const file = scratch.below('web.yaml');
    const head = 'apiVersion: runward.dev/v1alpha1\nkind: RuntimePolicy\nmetadata: { name: web }\n';
    const spec = `  selector: { containerNames: ["${name}"] }\n  process: { deny: [{ path: /usr/local/bin/exercise, comment: not here }] }\n`;
    writeFileSync(file, `${head}spec:\n${spec}`);
    await host.start();
    await host.tell('policy', 'apply', file);
    const early = await host.ask('policy', 'promote', 'web', '--yes');
    expect([early.code, early.stderr]).toEqual([
      2,
      expect.stringContaining('the agent counts nothing of process (no running container is selected)'),
    ]);
    guarded = await runtime.start({ name, args: ['sleep', '600'] });
    await poll(async () => (await explained()).includes(name) || undefined, 15_000);
    expect(await explained()).toContain('allowed, and reported as one that would be denied');
    const unknown = await host.ask('policy', 'explain', 'nobody', 'exec /bin/x');
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining(name)]);
  });

  it('what was counted in monitor is evidence of a promotion, and is denied from then on', async () => {
    expect((await guarded.exec(exercise)).code).toBe(0);
    await host.verdict(({ outcome }) => outcome === 'would deny');
    const promoted = JSON.parse(await host.tell('policy', 'promote', 'web', '--yes', '--json'));
    expect(promoted).toMatchObject({
      changes: [{ name: 'web', after: { modes: { process: 'protect' } } }],
      evidence: {
        confirmed: '--yes',
        backtest: null,
        monitor: {
          containers: 1,
          lines: [{ section: 'process', text: '/usr/local/bin/exercise', hits: expect.any(Number) }],
          unwatched: [],
        },
      },
    });
    expect(promoted.evidence.monitor.lines[0].hits).toBeGreaterThan(0);
    expect((await guarded.exec(exercise)).code).not.toBe(0);
    expect(await explained()).toContain('/usr/local/bin/exercise: denied');
    const history = JSON.parse(await host.tell('policy', 'show', 'web', '--json'));
    expect(history.decisions.at(-1)).toMatchObject({
      action: 'promote',
      by: 'agent',
      evidence: promoted.evidence,
    });
  });
});
