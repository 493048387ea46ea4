import { describe, expect, it } from 'vitest';
import { readHints } from './hints.js';

const NOTHING = { stateRoots: [], bundles: [], podmanRoots: [] };

describe('readHints', () => {
  it.each([
    [['runc', '--root', '/r', 'run', '--bundle', '/b', 'web'], '/r', '/b'],
    [['/usr/sbin/runc', '--root=/r', 'run', '-b', '/b', 'web'], '/r', '/b'],
    [['docker-runc', '-root', '/r/../s', 'create', '--bundle=/b/', 'web'], '/s', '/b'],
  ])('reads folders of %j', (args, root, bundle) => {
    expect(readHints('web', [args])).toEqual({
      stateRoots: [{ runtime: 'runc', path: root }],
      bundles: [{ runtime: 'runc', path: bundle }],
      podmanRoots: [],
    });
  });

  it('takes the working folder for the bundle when none is given, and for relative paths', () => {
    expect(readHints('web', [['crun', 'run', 'web']], ['/srv/web']).bundles).toEqual([
      { runtime: 'crun', path: '/srv/web' },
    ]);
    expect(readHints('web', [['crun', '--root', 'state', 'run', 'web']], ['/srv']).stateRoots).toEqual([
      { runtime: 'crun', path: '/srv/state' },
    ]);
  });

  it('reads the storage of Podman from the clean-up command of its monitor', () => {
    const storage = '/var/lib/x';
    const args = ['/usr/bin/conmon', '-c', 'abc', '-b', `${storage}/overlay-containers/abc/userdata`];
    const wrapped = ['podman', '--root', storage, 'container'].flatMap((word) => [
      '--exit-command-arg',
      word,
    ]);
    expect(readHints('abc', [[...args, ...wrapped]])).toEqual({
      stateRoots: [],
      bundles: [{ runtime: 'podman', path: `${storage}/overlay-containers/abc/userdata` }],
      podmanRoots: [storage],
    });
  });

  it.each([
    ['another container', ['runc', '--root', '/r', 'run', '-b', '/b', 'other']],
    ['the id only as part of a word', ['runc', '--root', '/r', 'run', '-b', '/b', 'web-2']],
    ['another program', ['bash', '--root', '/r', '--bundle', '/b', 'web']],
    ['relative paths without a working folder', ['runc', '--root', 'r', 'run', '--bundle', 'b', 'web']],
    ['a flag without its value', ['runc', 'web', '--root']],
    ['a NUL in the path', ['runc', '--root', '/r\0x', 'run', '-b', '/b\0', 'web']],
    ['a path beyond all bounds', ['runc', '--root', `/${'r'.repeat(5000)}`, 'run', '-b', '', 'web']],
    ['nothing at all', []],
  ])('ignores %s', (_, args) => {
    expect(readHints('web', [args])).toEqual(NOTHING);
  });
});
