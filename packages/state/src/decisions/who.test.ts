import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { whoIs } from './who.js';

test('who asks is told by what the machine knows, and nothing else of the environment', () => {
  const proc = mkdtempSync(join(tmpdir(), 'runward-who-'));
  mkdirSync(join(proc, '7'));
  const write = (name: string, text: string): void => writeFileSync(join(proc, '7', name), text);
  write('loginuid', '1000');
  write('environ', 'PASSWORD=hunter2\0SUDO_USER=ada\0');
  write('stat', '7 (a) b) S 1 7 7 34819 7 0');
  write('comm', 'runward\n');
  writeFileSync(join(proc, 'passwd'), 'root:x:0:0::/:/bin/sh\nada:x:1000:1000::/:/bin/sh\n');
  const who = whoIs(7, 0, proc, join(proc, 'passwd'));
  rmSync(proc, { recursive: true });
  const expected = {
    uid: 0,
    user: 'root',
    loginUser: 'ada',
    sudoUser: 'ada',
    terminal: 'pts/3',
    program: 'runward',
  };
  expect(who).toEqual(expected);
});

test.each([
  ['/opt/runward/bin/../packages/cli/dist/main.js\0policy\0apply', 'runward'],
  ['/srv/deploy.js\0--now', 'deploy.js'],
])('a program that Node.js runs is told by its script: %j', (script, program) => {
  const proc = mkdtempSync(join(tmpdir(), 'runward-who-'));
  mkdirSync(join(proc, '7'));
  writeFileSync(join(proc, '7', 'comm'), 'MainThread\n');
  writeFileSync(join(proc, '7', 'cmdline'), `node\0--disable-warning=X\0${script}\0`);
  expect(whoIs(7, 0, proc, '').program).toBe(program);
  rmSync(proc, { recursive: true });
});

test('of a process that is gone the user is what is left', () => {
  expect(whoIs(0x7fff_ffff, 0)).toEqual({ uid: 0, user: 'root', program: '' });
});
