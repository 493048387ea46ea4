import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readAccounts } from './accounts.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'runward-accounts-'));
  mkdirSync(join(root, 'etc'));
});
afterEach(() => rmSync(root, { recursive: true }));

const write = (name: string, content: string): void => writeFileSync(join(root, 'etc', name), content);

it('reads users and groups, the first line of an id counting', async () => {
  write(
    'passwd',
    '# a comment\nroot:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:/bin/false\n\nweb:x:33:33::/var/www:\n',
  );
  write('group', 'root:x:0:\nweb:x:33:root,web\n');
  const accounts = await readAccounts(root);
  expect(accounts.userName(0)).toBe('root');
  expect(accounts.userHome(0)).toBe('/root');
  expect(accounts.userShell(0)).toBe('/bin/sh');
  expect(accounts.userHome(33)).toBe('/var/www');
  expect(accounts.userShell(33)).toBe('');
  expect(accounts.groupName(33)).toBe('web');
  expect(accounts.userName(1)).toBeUndefined();
});

it('skips lines that are not accounts', async () => {
  write('passwd', 'short\n:x:1:1:::\nneg:x:-1:0:::\nhuge:x:99999999999:0:::\nhex:x:0x10:0:::\nok:x:7:7:::\n');
  const accounts = await readAccounts(root);
  expect([1, -1, 16, 0].map((uid) => accounts.userName(uid))).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect(accounts.userName(7)).toBe('ok');
});

it('follows no link, neither of the file nor of its folder', async () => {
  symlinkSync('/etc/passwd', join(root, 'etc/passwd'));
  expect((await readAccounts(root)).userName(0)).toBeUndefined();
  rmSync(join(root, 'etc/passwd'));
  renameSync(join(root, 'etc'), join(root, 'was'));
  symlinkSync('/etc', join(root, 'etc'));
  expect((await readAccounts(root)).userName(0)).toBeUndefined();
});

it('reads neither pipes nor folders nor files beyond its limit', async () => {
  execFileSync('mkfifo', [join(root, 'etc/passwd')]);
  mkdirSync(join(root, 'etc/group'));
  expect((await readAccounts(root)).groupName(0)).toBeUndefined();
  rmSync(join(root, 'etc/passwd'));
  write('passwd', `root:x:0:0::/:\n${'#'.repeat(2 * 1024 * 1024)}`);
  expect((await readAccounts(root)).userName(0)).toBeUndefined();
});

it('knows nobody where there is no root', async () => {
  expect((await readAccounts('/nonexistent')).userName(0)).toBeUndefined();
});

it('reads through the root link of a process', async () => {
  expect((await readAccounts(`/proc/${process.pid}/root`)).userName(0)).toBe('root');
});
