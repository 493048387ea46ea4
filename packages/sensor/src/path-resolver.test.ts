import {
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testProcess } from '@runward/events/testing';
import { closeFd, openInRoot, openPath } from '@runward/native';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ProcPathResolver } from './path-resolver.js';
import { namespaceId } from './proc-reader.js';

const tree = realpathSync(mkdtempSync(join(tmpdir(), 'runward-paths-')));
const at = (path: string): string => join(tree, path);

beforeAll(() => {
  for (const folder of ['etc', 'srv/www', 'deep/er']) mkdirSync(at(folder), { recursive: true });
  for (const file of ['etc/shadow', 'srv/www/index']) writeFileSync(at(file), '');
  symlinkSync(at('etc'), at('absolute'));
  symlinkSync('../../etc/shadow', at('srv/www/relative'));
  symlinkSync('../../../../../../../../../../../../etc/shadow', at('srv/up'));
  symlinkSync('/etc/shadow', at('srv/rooted'));
  symlinkSync('absolute/shadow', at('twice'));
  symlinkSync('nowhere', at('dangling'));
  symlinkSync('loop', at('loop'));
});
afterAll(() => rmSync(tree, { recursive: true }));

const mntNs = namespaceId(process.pid, 'mnt');
const me = testProcess({ pid: process.pid, mntNs });
const resolver = new ProcPathResolver();

describe('a path is resolved as the process would', () => {
  test.each([
    ['a plain file', 'etc/shadow', 'etc/shadow'],
    ['a folder with a slash behind', 'etc/', 'etc'],
    ['dots', 'srv/./www/../../etc//shadow', 'etc/shadow'],
    ['through an absolute link', 'absolute/shadow', 'etc/shadow'],
    ['a relative link', 'srv/www/relative', 'etc/shadow'],
    ['a link to a link', 'twice', 'etc/shadow'],
    ['dots after a link go up from where it leads', 'absolute/../srv/www', 'srv/www'],
    ['a file that is not there', 'etc/missing', 'etc/missing'],
    ['a file that is not there, behind a link', 'absolute/missing', 'etc/missing'],
    ['a link that leads nowhere keeps its own name', 'dangling', 'dangling'],
    ['a loop', 'loop', 'loop'],
  ])('%s', (_, given, expected) => {
    expect(resolver.resolve(me, at(given), true)).toBe(at(expected));
  });

  test('a call that acts on the link itself keeps the last name', () => {
    expect(resolver.resolve(me, at('absolute'), false)).toBe(at('absolute'));
    expect(resolver.resolve(me, at('twice'), false)).toBe(at('twice'));
    expect(resolver.resolve(me, at('absolute/shadow'), false)).toBe(at('etc/shadow'));
    expect(resolver.resolve(me, at('absolute/new'), false)).toBe(at('etc/new'));
  });

  test('the root is the root', () => {
    expect([
      resolver.resolve(me, '/', true),
      resolver.resolve(me, '/..', true),
      resolver.resolve(me, '//', false),
    ]).toEqual(['/', '/', '/']);
  });

  test('what lies in a folder that is not there is not known', () => {
    expect(resolver.resolve(me, at('no/such/file'), true)).toBeUndefined();
  });

  test('a process that has ended is stood in for by an ancestor in its mount namespace', () => {
    const gone = testProcess({
      pid: 5_000_000,
      mntNs,
      parent: testProcess({ pid: 5_000_001, mntNs, parent: me }),
    });
    expect(resolver.resolve(gone, at('srv/www/relative'), true)).toBe(at('etc/shadow'));
    const elsewhere = testProcess({ pid: 5_000_000, mntNs: mntNs + 1, parent: me });
    expect(resolver.resolve(elsewhere, at('srv/www/relative'), true)).toBeUndefined();
  });

  test('the host sees a process of its own where the process sees itself', () => {
    expect(resolver.hostPath(process.pid, mntNs, at('etc/shadow'))).toBe(at('etc/shadow'));
  });
});

describe('a root of its own cannot be left', () => {
  const inTree = (path: string, nofollow = false): string | undefined => {
    const root = openPath(tree);
    const fd = openInRoot(root, path, nofollow);
    const found = fd < 0 ? undefined : readlinkSync(`/proc/self/fd/${fd}`);
    if (fd >= 0) closeFd(fd);
    closeFd(root);
    return found;
  };

  test.each([
    ['/etc/shadow', 'etc/shadow'],
    ['/../../../etc/shadow', 'etc/shadow'],
    ['/srv/up', 'etc/shadow'],
    ['/srv/rooted', 'etc/shadow'],
    ['/srv/www/../../../../srv/rooted', 'etc/shadow'],
  ])('%s', (given, expected) => {
    expect(inTree(given)).toBe(at(expected));
  });

  test('a link is itself where links are not followed', () => {
    expect(inTree('/srv/rooted', true)).toBe(at('srv/rooted'));
  });

  test('links of /proc into other trees are not taken', () => {
    const root = openPath('/proc');
    expect(openInRoot(root, '/self/root/etc', false)).toBeLessThan(0);
    closeFd(root);
  });
});
