import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { applyChanges, planned, SYSCTL_FILE, undoChanges } from './change/apply.js';
import { ChangeRecord } from './change/record.js';
import { checkHost, HARDEN_CHECKS, HARDEN_WEIGHTS } from './check-host.js';
import { SYSCTL_CHECKS } from './checks/sysctls.js';
import { Host } from './host/host.js';

const made: string[] = [];
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rw-harden-'));
  made.push(root);
});
afterAll(() => {
  for (const each of made) rmSync(each, { recursive: true });
});

function put(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  chmodSync(join(root, path), mode);
}
const sysctl = (name: string): string => `/proc/sys/${name.replaceAll('.', '/')}`;
const outcome = (id: string) => HARDEN_CHECKS.find((check) => check.id === id)?.examine(new Host(root));
const record = () => new ChangeRecord(join(root, 'state/harden.json'));

describe('checks', () => {
  it('say of an empty root that nothing is there or told, and that nothing is weak', () => {
    const { findings, score } = checkHost(new Host(root));
    expect(findings.filter(({ outcome }) => outcome.state === 'weak')).toEqual([]);
    expect(score).toBe(100);
  });

  it('have names of their own', () => {
    expect(new Set(HARDEN_CHECKS.map(({ id }) => id)).size).toBe(HARDEN_CHECKS.length);
  });

  it.each(SYSCTL_CHECKS.map((check) => [check.id, check] as const))(
    '%s: what mends it is hard',
    (id, check) => {
      const name = id.slice('sysctl-'.length);
      const host = new Host(root);
      for (const value of ['0', '1', '2', '-1']) {
        put(sysctl(name), `${value}\n`);
        const found = check.examine(host);
        if (found.state !== 'weak') continue;
        const [, mended = ''] = /^sysctl -w \S+=(\S+?)(?:,|$)/.exec(found.mend) ?? [];
        put(sysctl(name), mended);
        expect(check.examine(host).state).toBe('hard');
      }
      put(sysctl(name), 'no number');
      expect(check.examine(host).state).toBe('absent');
    },
  );

  const WEAK: readonly (readonly [string, string, string, string])[] = [
    [
      'lockdown',
      '/sys/kernel/security/lockdown',
      '[none] integrity confidentiality\n',
      'none [integrity] confidentiality\n',
    ],
    ['mandatory-access', '/sys/kernel/security/lsm', 'capability,landlock', 'capability,apparmor'],
    ['bpf-lsm', '/sys/kernel/security/lsm', 'capability', 'capability,bpf'],
    ['module-signatures', '/sys/module/module/parameters/sig_enforce', 'N\n', 'Y\n'],
    ['tainted', '/proc/sys/kernel/tainted', '12288\n', '512\n'],
    [
      'mitigations',
      '/sys/devices/system/cpu/vulnerabilities/mds',
      'Vulnerable: no microcode\n',
      'Mitigation: Clear CPU buffers\n',
    ],
    ['command-line', '/proc/cmdline', 'quiet mitigations=off nokaslr', 'quiet'],
    ['secure-boot', '/sys/firmware/efi/efivars/SecureBoot-8be4', '\u0006\0\0\0\0', '\u0006\0\0\0\u0001'],
    [
      'docker-tcp',
      '/etc/docker/daemon.json',
      '{"hosts":["tcp://0.0.0.0:2375"]}',
      '{"hosts":["tcp://0.0.0.0:2376"],"tlsverify":true}',
    ],
    ['docker-seccomp', '/etc/docker/daemon.json', '{"seccomp-profile":"unconfined"}', '{}'],
    ['docker-no-new-privileges', '/etc/docker/daemon.json', '{}', '{"no-new-privileges":true}'],
    ['docker-userns', '/etc/docker/daemon.json', '{}', '{"userns-remap":"default"}'],
    ['docker-icc', '/etc/docker/daemon.json', '{}', '{"icc":false}'],
    ['docker-registries', '/etc/docker/daemon.json', '{"insecure-registries":["r.test"]}', '{}'],
    ['docker-iptables', '/etc/docker/daemon.json', '{"iptables":false}', '{}'],
    ['docker-live-restore', '/etc/docker/daemon.json', '{}', '{"live-restore":true}'],
    [
      'containerd-tcp',
      '/etc/containerd/config.toml',
      '[grpc]\n  tcp_address = "0.0.0.0:99"',
      '[grpc]\n  tcp_address = ""',
    ],
    [
      'containerd-apparmor',
      '/etc/containerd/config.toml',
      'disable_apparmor = true # why',
      '# disable_apparmor = true',
    ],
    [
      'containerd-seccomp',
      '/etc/containerd/config.toml',
      'unset_seccomp_profile = "unconfined"',
      'unset_seccomp_profile = ""',
    ],
    ['containerd-registries', '/etc/containerd/config.toml', 'insecure_skip_verify = true', ''],
    [
      'containerd-proc-mount',
      '/etc/containerd/config.toml',
      'disable_proc_mount = true',
      'disable_proc_mount = false',
    ],
    [
      'podman-registries',
      '/etc/containers/registries.conf',
      '[[registry]]\ninsecure = true',
      '[[registry]]\ninsecure = false',
    ],
    [
      'podman-policy',
      '/etc/containers/policy.json',
      '{"default":[{"type":"insecureAcceptAnything"}]}',
      '{"default":[{"type":"reject"}]}',
    ],
    ['docker-group', '/etc/group', 'root:x:0:\ndocker:x:999:anna,otto\n', 'docker:x:999:\n'],
  ];

  it.each(WEAK)('%s is weak where it is, and hard where not', (id, path, bad, good) => {
    put(path, bad);
    const found = outcome(id);
    expect(found).toMatchObject({ state: 'weak' });
    expect(found?.state === 'weak' && found.mend).not.toBe('');
    put(path, good);
    expect(outcome(id)?.state).toBe('hard');
  });

  it.each(['{', '[]', '7', 'null', '"x"'])('is not stopped by the settings %j of Docker', (text) => {
    put('/etc/docker/daemon.json', text);
    expect(outcome('docker-tcp')?.state).toBe('unknown');
  });

  it('tell permissions that are too wide, and follow no link', () => {
    put('/run/docker.sock', '', 0o666);
    put('/etc/target', '', 0o777);
    symlinkSync('/etc/target', join(root, 'etc/shadow'));
    expect(outcome('mode-/run/docker.sock')).toMatchObject({
      state: 'weak',
      mend: 'chmod 0660 /run/docker.sock',
    });
    expect(outcome('mode-/etc/shadow')?.state).toBe('absent');
  });

  it('make a score by their weights', () => {
    put(sysctl('kernel.kptr_restrict'), '0');
    put('/run/docker.sock', '', 0o666);
    const docker = ['medium', 'medium', 'low', 'low'] as const; // without a file Docker has its defaults
    const lost =
      HARDEN_WEIGHTS.medium +
      HARDEN_WEIGHTS.critical +
      docker.reduce((sum, each) => sum + HARDEN_WEIGHTS[each], 0);
    expect(checkHost(new Host(root)).score).toBe(100 - lost);
  });

  it('need a root', () => {
    expect(() => new Host('/no/such')).toThrowError(expect.objectContaining({ code: 'HARDEN_ROOT_MISSING' }));
  });
});

describe('apply', () => {
  const read = (path: string) => readFileSync(join(root, path), 'utf8').trim();
  const mode = (path: string) => statSync(join(root, path)).mode & 0o777;

  beforeEach(() => {
    put(sysctl('kernel.kptr_restrict'), '0\n');
    put(sysctl('kernel.dmesg_restrict'), '0\n');
    put(sysctl('kernel.sysrq'), '1\n');
    put('/run/containerd/containerd.sock', '', 0o666);
  });

  it('changes what is safe, keeps it for the next start, and undo brings back what was there', () => {
    const host = new Host(root);
    const changes = planned(host, []);
    expect(changes).toHaveLength(3);
    const done = applyChanges(host, changes, record());
    expect(done.every((each) => each.done && each.problem === '')).toBe(true);
    expect([
      read(sysctl('kernel.kptr_restrict')),
      read(sysctl('kernel.sysrq')),
      mode('/run/containerd/containerd.sock'),
    ]).toEqual(['1', '1', 0o660]);
    expect(read(SYSCTL_FILE)).toContain('kernel.dmesg_restrict = 1');
    expect(planned(host, [])).toEqual([]);

    const back = undoChanges(host, record());
    expect(back.map(({ done: isBack }) => isBack)).toEqual([true, true, true]);
    expect([
      read(sysctl('kernel.kptr_restrict')),
      read(sysctl('kernel.dmesg_restrict')),
      mode('/run/containerd/containerd.sock'),
    ]).toEqual(['0', '0', 0o666]);
    expect(host.stat(SYSCTL_FILE)).toBeUndefined();
    expect(() => undoChanges(host, record())).toThrowError(
      expect.objectContaining({ code: 'HARDEN_NOTHING_APPLIED' }),
    );
  });

  it('applied twice still goes back to what was there before the first', () => {
    const host = new Host(root);
    applyChanges(host, planned(host, ['sysctl-kernel.kptr_restrict']), record());
    put(sysctl('kernel.kptr_restrict'), '0\n');
    applyChanges(host, planned(host, []), record());
    expect(record().read()).toHaveLength(3);
    undoChanges(host, record());
    expect(read(sysctl('kernel.kptr_restrict'))).toBe('0');
  });

  it('leaves what somebody else has set since, and says so', () => {
    const host = new Host(root);
    applyChanges(host, planned(host, []), record());
    put(sysctl('kernel.kptr_restrict'), '2\n');
    const back = undoChanges(host, record());
    expect(
      back.find(({ change }) => change.kind === 'sysctl' && change.name === 'kernel.kptr_restrict'),
    ).toMatchObject({ done: false, problem: expect.stringContaining('somebody has set it to 2') as string });
    expect(read(sysctl('kernel.kptr_restrict'))).toBe('2');
    expect(record().read()).toEqual([]);
  });

  it('tells what cannot be changed and changes the rest', () => {
    const host = new Host(root);
    const changes = [{ kind: 'sysctl', name: 'kernel.none', value: '1' } as const, ...planned(host, [])];
    const done = applyChanges(host, changes, record());
    expect(done.map((each) => each.done)).toEqual([false, true, true, true]);
    expect(record().read()).toHaveLength(3);
  });

  it('changes nothing where the way back cannot be kept', () => {
    put('/state', 'a file');
    const host = new Host(root);
    expect(() => applyChanges(host, planned(host, []), record())).toThrowError(
      expect.objectContaining({ code: 'HARDEN_RECORD_UNWRITABLE' }),
    );
    expect(read(sysctl('kernel.kptr_restrict'))).toBe('0');
  });

  it.each([
    'x',
    '{"version":2,"applied":[]}',
    '{"version":1,"applied":[{"at":"x","before":"0","change":{"kind":"sysctl","name":"../../etc/shadow","value":"1"}}]}',
    '{"version":1,"applied":[{"at":"x","before":"0","change":{"kind":"sysctl","name":"a.b","value":"$(x)"}}]}',
  ])('refuses the record %j', (text) => {
    put('/state/harden.json', text);
    expect(() => record().read()).toThrowError(expect.objectContaining({ code: 'HARDEN_RECORD_DAMAGED' }));
  });

  it('knows no check that there is not', () => {
    expect(() => planned(new Host(root), ['sysctl-x'])).toThrowError(
      expect.objectContaining({ code: 'HARDEN_CHECK_UNKNOWN' }),
    );
  });
});
