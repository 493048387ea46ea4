import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signatureOf } from './check/change.js';
import { lineDiff } from './check/line-diff.js';
import { ScopeCheck } from './check/scope-check.js';
import { isSecretPath, SECRET_PATHS } from './secrets.js';
import { readSettings } from './settings/read-settings.js';
import { BaselineStore } from './store/baseline-store.js';

let root: string;
let store: BaselineStore;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rw-integrity-'));
  store = new BaselineStore(join(root, 'state/integrity.db'));
});
afterEach(() => {
  store.close();
  rmSync(root, { recursive: true });
});

function put(path: string, text: string): void {
  const full = join(root, 'host', path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
}
const at = (path: string): string => join(root, 'host', path);

function scope(text: string): ScopeCheck {
  const { settings, problems } = readSettings({ name: 'test.yaml', text });
  expect(problems).toEqual([]);
  const { watches, secrets } = settings;
  return new ScopeCheck(store, { id: 'host', name: 'the host', root: at(''), watches, secrets });
}

const ETC = `
watch:
  - name: etc
    where: host
    paths: [/etc/**, /usr/bin/tool]
    exclude: [/etc/noise, /etc/cache/**]
    content: true
`;

const short = (changes: Awaited<ReturnType<ScopeCheck['check']>>) =>
  changes.map(({ kind, path }) => `${kind} ${path}`);

describe('watched files', () => {
  beforeEach(() => {
    put('/etc/conf', 'a\nb\nc\n');
    put('/etc/ssh/sshd_config', 'Port 22\n');
    put('/etc/noise', '1');
    put('/etc/cache/x', '1');
    put('/usr/bin/tool', '#!x');
    put('/usr/bin/other', '#!x');
    symlinkSync('conf', at('/etc/link'));
  });

  it('are as they were when nothing changed, also where only their times did', async () => {
    const check = scope(ETC);
    // The folder that is left out with all below is itself there.
    expect(await check.takeBaseline()).toBe(6);
    utimesSync(at('/etc/conf'), 1, 1);
    put('/etc/noise', '2');
    put('/etc/cache/y', '2');
    put('/usr/bin/other', '2');
    expect(await check.check()).toEqual([]);
    expect(await check.check({ thorough: true })).toEqual([]);
  });

  it('tell what became of each, with the lines that changed', async () => {
    const check = scope(ETC);
    await check.takeBaseline();
    put('/etc/conf', 'a\nB\nc\nd\n');
    put('/etc/new', 'x');
    chmodSync(at('/usr/bin/tool'), 0o4755);
    rmSync(at('/etc/ssh/sshd_config'));
    rmSync(at('/etc/link'));
    symlinkSync('/etc/shadow', at('/etc/link'));
    const changes = await check.check();
    expect(short(changes)).toEqual([
      ...[
        'content /etc/conf',
        'content /etc/link',
        'new /etc/new',
        'removed /etc/ssh/sshd_config',
        'attributes /usr/bin/tool',
      ],
    ]);
    expect(changes[0]?.diff).toEqual(['-b', '+B', '+d']);
    expect(changes[4]?.text).toContain('it runs with the rights of its owner now');
    expect(new Set(changes.map(signatureOf)).size).toBe(5);
  });

  it('are read again where somebody put back size and time of modification', async () => {
    const check = scope(ETC);
    await check.takeBaseline();
    const { atime, mtime } = statSync(at('/etc/conf'));
    put('/etc/conf', 'x\ny\nz\n');
    utimesSync(at('/etc/conf'), atime, mtime);
    expect(short(await check.check())).toEqual(['content /etc/conf']);
  });

  it('of one folder alone can be looked at, with what is gone from it', async () => {
    const check = scope(ETC);
    await check.takeBaseline();
    put('/etc/conf', 'other');
    renameSync(at('/etc/ssh'), at('/etc/ssh2'));
    expect(short(await check.check({ below: '/etc/ssh' }))).toEqual([
      'removed /etc/ssh',
      'removed /etc/ssh/sshd_config',
    ]);
    expect(short(await check.check({ below: '/etc/ssh2' }))).toEqual([
      'new /etc/ssh2',
      'new /etc/ssh2/sshd_config',
    ]);
  });

  it('are accepted one by one', async () => {
    const check = scope(ETC);
    await check.takeBaseline();
    put('/etc/conf', 'other');
    put('/etc/new', 'x');
    rmSync(at('/etc/link'));
    await check.accept(['/etc/new', '/etc/link']);
    expect(short(await check.check())).toEqual(['content /etc/conf']);
    await check.accept(['/etc/conf']);
    expect(await check.check()).toEqual([]);
  });

  it('lead nowhere outside their root by links', async () => {
    mkdirSync(at('/etc/sub'));
    symlinkSync('/', at('/etc/sub/up'));
    symlinkSync('..', at('/etc/sub/back'));
    const check = scope(ETC);
    expect(await check.takeBaseline()).toBe(9);
  });

  it('need a baseline, and a root', async () => {
    await expect(scope(ETC).check()).rejects.toMatchObject({ code: 'INTEGRITY_NO_BASELINE' });
    rmSync(at(''), { recursive: true });
    await expect(scope(ETC).takeBaseline()).rejects.toMatchObject({ code: 'INTEGRITY_NO_ROOT' });
  });

  it('never leave the text of a secret, and of files others may not read', async () => {
    put('/etc/db-password', 'hunter2');
    put('/etc/key', `-----BEGIN RSA ${'PRIVATE'} KEY-----\nhunter2\n`);
    put('/etc/closed', 'hunter2');
    chmodSync(at('/etc/closed'), 0o600);
    linkSync(at('/etc/conf'), at('/etc/own-secret-list'));
    const check = scope(ETC);
    await check.takeBaseline();
    const kept = [...store.files(store.numberOf('host') ?? 0)]
      .filter(({ text }) => text !== null)
      .map(({ path }) => path);
    expect(kept).toEqual(['/etc/conf', '/etc/ssh/sshd_config', '/usr/bin/tool']);
  });

  it('of many take a bounded memory and a stated room on the disk', async () => {
    for (let folder = 0; folder < 20; folder += 1)
      for (let n = 0; n < 100; n += 1) put(`/etc/many/${folder}/file-${n}`, `${n}`);
    const check = scope(ETC);
    expect(await check.takeBaseline()).toBeGreaterThan(2000);
    expect(await check.check()).toEqual([]);
  });
});

describe('a store', () => {
  it('that is none is told, with what to do', () => {
    const path = join(root, 'state/other.db');
    writeFileSync(path, 'no database at all, and longer than a header would be'.repeat(100));
    expect(() => new BaselineStore(path)).toThrowError(expect.objectContaining({ code: 'INTEGRITY_STORE' }));
  });

  it('remembers what was told, of new files too, until it is as it was', () => {
    const number = store.begin('c', 'c');
    store.setTold(number, '/new', 'x');
    expect([store.isTold(number, '/new', 'x'), store.isTold(number, '/new', 'y')]).toEqual([true, false]);
    store.setTold(number, '/new', '');
    expect(store.isTold(number, '/new', 'x')).toBe(false);
  });

  it('begins a scope anew, and forgets one', () => {
    const state = {
      kind: 'file',
      mode: 0o644,
      uid: 0,
      gid: 0,
      size: 1,
      version: 'v',
      sha256: 'aa',
      text: null,
    } as const;
    store.put(store.begin('c', 'web'), '/x', state);
    expect(store.scopes()).toMatchObject([{ id: 'c', name: 'web', files: 1 }]);
    expect(store.get(store.begin('c', 'web'), '/x')).toBeUndefined();
    store.remove('c');
    expect(store.scopes()).toEqual([]);
  });
});

describe('secrets', () => {
  it.each([
    ...[
      '/etc/shadow',
      '/etc/shadow-',
      '/root/.ssh/id_rsa',
      '/home/a/.ssh/config',
      '/srv/tls.key',
      '/app/.env',
      '/app/.env.local',
    ],
    ...[
      '/etc/ssl/private/a',
      '/opt/my-secrets.yaml',
      '/x/kube/.kube/config',
      '/etc/ssh/ssh_host_rsa_key',
      '/run/secrets/db',
      '/root/.bash_history',
    ],
  ])('%s holds one', (path) => expect(isSecretPath(path, [])).toBe(true));
  it.each(['/etc/passwd', '/etc/ssh/sshd_config', '/etc/nginx/nginx.conf', '/usr/bin/env'])(
    '%s holds none',
    (path) => expect(isSecretPath(path, [])).toBe(false),
  );
  it('are more where settings name some', () => {
    expect(isSecretPath('/etc/nginx/x', [{ kind: 'glob', text: '/etc/nginx/**' }])).toBe(true);
    expect(SECRET_PATHS.every((path) => path.startsWith('/'))).toBe(true);
  });
});

describe('lineDiff', () => {
  it.each([
    ['a\nb', 'a\nb', []],
    ['a', 'b', ['-a', '+b']],
    ['a\nb\nc', 'a\nc', ['-b']],
    ['a\nc', 'a\nb\nc', ['+b']],
    ['', 'x', ['-', '+x']],
    [
      'user = a\ndb_password: hunter2',
      'user = a\ndb_password: hunter3',
      ['-db_password: …', '+db_password: …'],
    ],
  ])('%#', (before, after, lines) => expect(lineDiff(before, after)).toEqual(lines));

  it('counts what is too much to compare, and shows no more than is read', () => {
    const many = (letter: string) => Array.from({ length: 1500 }, (_, i) => `${letter}${i}`).join('\n');
    expect(lineDiff(many('a'), many('b'))).toEqual(['1500 lines were replaced by 1500, from line 1']);
    expect(lineDiff('', Array.from({ length: 100 }, (_, i) => `${i}`).join('\n'))).toHaveLength(41);
    expect(lineDiff('a', 'x'.repeat(500))[1]?.length).toBe(201);
  });
});

describe('settings', () => {
  const problemsOf = (text: string) =>
    readSettings({ name: 'x.yaml', text }).problems.map(({ message }) => message);

  it('are read', () => {
    const { settings, problems } = readSettings({
      name: 'x.yaml',
      text: 'every: 30m\nsecrets: ["/srv/**"]\nwatch:\n  - {name: a, where: containers, containers: ["web*"], paths: [/app]}\n',
    });
    expect(problems).toEqual([]);
    expect(settings).toMatchObject({
      everyMs: 1_800_000,
      secrets: [{ kind: 'glob' }],
      watches: [{ name: 'a', content: false, containers: ['web*'], paths: [{ kind: 'path', text: '/app' }] }],
    });
  });

  it.each([
    ['', 'nothing is watched'],
    ['watch: x', '`watch` is no list'],
    ['watch: [{name: a, where: host}]', 'a watch has no `paths`'],
    ['watch: [{name: a, where: moon, paths: [/x]}]', '`moon` is no value of `where`'],
    ['watch: [{name: a, where: host, paths: [x]}]', '`x` is no value of `paths`'],
    ['watch: [{name: a, where: host, paths: ["/x/../y"]}]', '`/x/../y` is no value of `paths`'],
    ['watch: [{name: a, where: host, paths: [/x], contents: true}]', 'a watch has no `contents`'],
    [
      'watch: [{name: a, where: host, paths: [/x], containers: [b]}]',
      '`containers` stands beside `where: host`',
    ],
    [
      'watch: [{name: a, where: host, paths: [/x]}, {name: a, where: host, paths: [/y]}]',
      'two watches are named `a`',
    ],
    ['every: 1s\nwatch: [{name: a, where: host, paths: [/x]}]', '`1s` is no value of `every`'],
    ['watch: [7]', 'a watch is no mapping'],
  ])('with a fault are told: %j', (text, message) => expect(problemsOf(text)).toContain(message));

  it.each(['{', '- - -', '\0', 'watch: {{', 'a: &a [*a]'])('%j does not stop the reader', (text) => {
    expect(problemsOf(text).length).toBeGreaterThan(0);
  });
});
