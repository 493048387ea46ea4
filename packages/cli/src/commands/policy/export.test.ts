import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { profileFileName, type WorkloadProfile, writeProfile } from '@runward/policy';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Command, parseCommand } from '../../command.js';
import { exportProfile } from '../profile/export.js';
import { list } from '../profile/list.js';
import { show } from '../profile/show.js';
import { exportPolicies } from './export.js';

const folder = mkdtempSync(join(tmpdir(), 'rw-export-'));
const web = join(folder, 'web.yaml');
writeFileSync(
  web,
  `apiVersion: runward.dev/v1alpha1
kind: RuntimePolicy
metadata: { name: web }
spec:
  network:
    default: deny # only what is below
    allow: [{ operation: connect, cidrs: [10.0.0.1], ports: [443] }] # the shop
  capabilities: { deny: [NET_RAW] }
`,
);
const output = { stdout: '', stderr: '' };
beforeEach(() => {
  for (const stream of ['stdout', 'stderr'] as const) {
    output[stream] = '';
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      output[stream] += String(text);
      return true;
    });
  }
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Written {
  readonly name: string;
  readonly format: string;
  readonly text: string;
  readonly diagnostics: unknown;
}

const run = (command: Command, ...argv: readonly string[]): Promise<number> =>
  command.run(parseCommand(command, argv));

describe('policy export', () => {
  test('writes to standard output, and what it cannot say to standard error, with the place', async () => {
    expect(await run(exportPolicies, web, '--format', 'apparmor')).toBe(0);
    expect(output.stdout).toContain('profile "runward.web"');
    expect(output.stderr).toContain(
      `${web}:7:13: warning[POLICY_EXPORT_WIDER]: AppArmor cannot say addresses and ports`,
    );
  });

  test('takes the remark beside a line for its reason', async () => {
    await run(exportPolicies, web, '--format', 'networkpolicy');
    expect(output.stdout).toContain('# the shop (web, web.yaml:7)');
  });

  test('writes to a file, by another name', async () => {
    const file = join(folder, 'out.json');
    expect(await run(exportPolicies, web, '--format', 'capabilities', '-o', file, '--name', 'shop.web')).toBe(
      0,
    );
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ docker: ['--cap-drop=NET_RAW'] });
    expect(output.stdout).toBe('');
  });

  test('with --strict writes nothing where something cannot be said', async () => {
    expect(await run(exportPolicies, web, '--format', 'apparmor', '--strict')).toBe(2);
    expect(output.stdout).toBe('');
    expect(output.stderr).toContain('nothing is written');
  });

  test('with --json is one object', async () => {
    expect(await run(exportPolicies, web, '--format', 'seccomp', '--architecture', 'arm64', '--json')).toBe(
      0,
    );
    const { name, format, text, diagnostics } = JSON.parse(output.stdout) as Written;
    expect([name, format]).toEqual(['web', 'seccomp']);
    expect((JSON.parse(text) as { architectures: unknown }).architectures).toEqual([
      'SCMP_ARCH_AARCH64',
      'SCMP_ARCH_ARM',
    ]);
    expect(diagnostics).toMatchObject([{ code: 'POLICY_EXPORT_WIDER' }]);
  });

  test('of a policy that says nothing in the format is exit code 2', async () => {
    const file = join(folder, 'files.yaml');
    writeFileSync(file, readFileSync(web, 'utf8').replace(/ {2}network:[\s\S]*/, '  file: { deny: [/x] }\n'));
    expect(await run(exportPolicies, file, '--format', 'capabilities')).toBe(2);
    expect(output.stderr).toContain('`web` says nothing that a list of capabilities could');
  });

  test.each([
    [[web], '`--format` is missing'],
    [[web, '--format', 'seccom'], 'unknown format `seccom`'],
    [[web, '--format', 'seccomp', '--name', 'A b'], '`A b` is no name'],
    [[web, '--format', 'seccomp', '--architecture', 'vax'], 'unknown architecture `vax`'],
    [['--format', 'seccomp'], 'no policy is named'],
  ])('%j is refused', async (argv, message) => {
    await expect(run(exportPolicies, ...argv)).rejects.toMatchObject({ message });
  });

  test('of a file that cannot be read is exit code 2', async () => {
    expect(await run(exportPolicies, join(folder, 'none.yaml'), '--format', 'seccomp')).toBe(2);
    expect(output.stderr).toContain('POLICY_FILE_READ');
  });
});

describe('profiles', () => {
  const seen = { count: 5, firstMs: 1000, lastMs: 2000, startup: true, steady: true, replicas: 1 };
  const by = ['/bin/app'];
  const profile: WorkloadProfile = {
    ...{ format: 1, workload: 'shop/web', images: ['shop/web:1'], imageDigests: [], namespaces: ['shop'] },
    containerNames: ['web'],
    coverage: {
      ...{ firstMs: 1000, lastMs: 700_000, watchedMs: 699_000, replicas: 1, starts: 1, sessions: 1 },
      ...{ lastNewMs: 2000, lostRecords: 0 },
    },
    processes: [
      {
        path: '/bin/app',
        parent: '',
        argumentSamples: [],
        upperLayer: false,
        memfd: false,
        setuid: false,
        ...seen,
      },
    ],
    ...{ files: [], network: [], kernelSurface: [] },
    capabilities: [{ name: 'CHOWN', by, evidence: 'seen', ...seen }],
    syscalls: [{ name: 'mlock', by, evidence: 'seen', ...seen }],
    privilege: { setuidExecution: false, gainedPrivileges: false, wroteRoot: false, uids: [33] },
  };
  const state = join(folder, 'state');
  mkdirSync(join(state, 'profiles'), { recursive: true });
  writeFileSync(join(state, 'profiles', profileFileName('shop/web')), writeProfile(profile));

  test('are listed, shown, and written whole', async () => {
    expect(await run(list, '--state', state)).toBe(0);
    expect(output.stdout).toMatch(/^shop\/web +1 /m);
    expect(await run(show, 'shop/web', '--state', state)).toBe(0);
    expect(output.stdout).toContain('shop/web: 1 container for 11 min');
    output.stdout = '';
    expect(await run(show, 'shop/web', '--json', '--state', state)).toBe(0);
    const file = join(folder, 'profile.json');
    writeFileSync(file, output.stdout);
    expect(await run(exportProfile, file, '--format', 'securitycontext')).toBe(0);
    expect(output.stdout).toContain('runAsUser: 33');
  });

  test.each([
    ['runtimepolicy', 'mode: protect'],
    ['seccomp', '"mlock"'],
    ['apparmor', 'capability chown,'],
    ['selinux', '(capability (chown))'],
    ['capabilities', '--cap-add=CHOWN'],
  ])('become %s', async (format, expected) => {
    expect(
      await run(exportProfile, 'shop/web', '--format', format, '--mode', 'protect', '--state', state),
    ).toBe(0);
    expect(output.stdout).toContain(expected);
    expect(output.stderr).toContain('note: one start was watched');
  });

  test('that were not learnt are refused, with the nearest', async () => {
    await expect(
      run(exportProfile, 'shop/wbe', '--format', 'seccomp', '--state', state),
    ).rejects.toMatchObject({
      message: 'nothing was learnt of `shop/wbe`',
      help: 'did you mean `shop/web`?',
    });
  });
});
