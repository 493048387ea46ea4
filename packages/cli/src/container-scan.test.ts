import { expect, it } from 'vitest';
import { chooseCgroupPath } from './container-scan.js';

const ID = 'c0ffee'.padEnd(64, '0');

it.each([
  [
    'a v2 path that names a container',
    `0::/system.slice/docker-${ID}.scope\n`,
    `/system.slice/docker-${ID}.scope`,
  ],
  ['a v1 path that does, beside a v2 root', `8:pids:/docker/${ID}\n0::/\n`, `/docker/${ID}`],
  ['a group directly below the root', '9:name=systemd:/web\n0::/web\n', '/web'],
  [
    'the deepest when none names one',
    '8:pids:/a\n0::/user.slice/session-1.scope\n',
    '/user.slice/session-1.scope',
  ],
  ['a path with colons', '0::/a:b:c\n', '/a:b:c'],
  ['the root when there is nothing else', '8:pids:/\n0::/\n', '/'],
  ['the root of a process that has ended', '', '/'],
])('of the cgroups of a process, %s is chosen', (_, text, path) => {
  expect(chooseCgroupPath(text)).toBe(path);
});
