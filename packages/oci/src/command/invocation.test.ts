import { describe, expect, it } from 'vitest';
import { readInvocation } from './invocation.js';

const creation = { kind: 'creation', command: 'create', id: 'web', bundle: '/b', specFile: '/b/config.json', log: undefined }; // biome-ignore format: one line

describe('readInvocation', () => {
  it.each([
    [['create', '--bundle', '/b', 'web'], creation],
    [['create', '-b', '/b', '--pid-file', '/p', 'web'], creation],
    [['create', 'web', '--bundle=/b'], creation],
    [['create', '-b/b', 'web'], creation],
    [['create', '--bun=/b', 'web'], creation],
    [['create', '-bundle', '/b', '--', 'web'], creation],
    [['--root', 'create', '--debug', 'create', '--console-socket', 'run', '-b', '/b', 'web'], creation],
    [['--future-option', 'value', 'create', '-b', '/b', 'web'], creation],
    [
      ['run', '--detach', 'web'],
      { ...creation, command: 'run', bundle: '/cwd', specFile: '/cwd/config.json' },
    ],
    [
      ['create', '-b', 'sub', '-f', 'other.json', 'web'],
      { ...creation, bundle: '/cwd/sub', specFile: '/cwd/sub/other.json' },
    ],
    [
      ['--log', '/l.json', '--log-format', 'json', 'create', '-b', '/b', 'web'],
      { ...creation, log: { path: '/l.json', isJson: true } },
    ],
    [
      ['--log=file:l', 'restore', '-b', '/b', 'web'],
      { ...creation, command: 'restore', log: { path: '/cwd/l', isJson: false } },
    ],
    [['--log', 'journald:x', 'create', '-b', '/b', 'web'], creation],
    [['state', 'create'], { kind: 'other' }],
    [['kill', 'run', 'KILL'], { kind: 'other' }],
    [['--version'], { kind: 'other' }],
    [[], { kind: 'other' }],
    [
      ['--root', '/r', 'exec', '--process', '/p.json', '--detach', '--pid-file', '/x', 'web'],
      { kind: 'execution', id: 'web', root: '/r', processFile: '/p.json', log: undefined },
    ],
    [
      ['exec', '-t', 'web', 'tar', '-p', '/x'],
      { kind: 'execution', id: 'web', root: undefined, processFile: undefined, log: undefined },
    ],
  ])('reads %j', (args, expected) => {
    expect(readInvocation(args, '/cwd')).toEqual(expected);
  });
});
