import { expect, test } from 'vitest';
import { parseImaBinary } from '../ima/parse.js';
import { imaListOf } from '../testing/logs.js';
import { compareWith, type Measured, type Profile } from './reference.js';

const [A, B, C] = ['aa', 'bb', 'cc'].map((each) => each.repeat(32)) as [string, string, string]; // three of them
const CONTAINER = '/run/containerd/io.containerd.runtime.v2.task/k8s.io/0123456789abcdef/rootfs/usr/bin/tool';

const profile = (change: Partial<Profile> = {}): Profile => ({
  ...{ name: 'rack', pcrs: new Map(), events: new Map(), ima: undefined, ...change },
});
const ima = (change: object = {}) =>
  profile({ ima: { files: new Set([`sha256:${A}`]), ignore: ['/var/log/'], containers: 'fail', ...change } });
function measured(
  files: readonly (readonly [string, string])[] = [],
  change: Partial<Measured> = {},
): Measured {
  const entries = parseImaBinary(imaListOf(files.map(([path, hash]) => ({ path, hash }))).list);
  const events = [{ register: 4, type: 'EV_IPL', digest: A, text: 'grub' }];
  return {
    values: new Map([[7, Buffer.from(A, 'hex')]]),
    events,
    entries,
    entryCount: entries.length,
    ...change,
  };
}

test.each([
  ['a register with one of its values', profile({ pcrs: new Map([[7, [B, A]]]) }), measured()],
  ['events that are all listed', profile({ events: new Map([[4, new Set([A])]]) }), measured()],
  ['events of registers that are not judged', profile({ events: new Map([[5, new Set([B])]]) }), measured()],
  ['files that are listed', ima(), measured([['/bin/a', A]])],
  ['files below folders that are not judged', ima(), measured([['/var/log/x', B]])],
  [
    'files of containers, where these are only reported',
    ima({ containers: 'report' }),
    measured([[CONTAINER, B]]),
  ],
  ['the register’s own first entry', ima(), measured([['boot_aggregate', B]])],
  ['no new files, where there were some before', ima(), measured([], { entryCount: 9 })],
])('%s pass', (_, expected, found) => {
  expect(compareWith(expected, found)).toBeUndefined();
});

test.each([
  [
    'a register with another value',
    profile({ pcrs: new Map([[7, [B]]]) }),
    measured(),
    'pcr-changed',
    `register 7 is ${A}; \`rack\` has ${B} for it`,
  ],
  [
    'a register that is not there',
    profile({ pcrs: new Map([[30, [B]]]) }),
    measured(),
    'pcr-changed',
    'register 30',
  ],
  [
    'an event that is not listed',
    profile({ events: new Map([[4, new Set([B])]]) }),
    measured(),
    'event-unknown',
    `EV_IPL ${A} was measured into register 4 (grub)`,
  ],
  [
    'no boot log where events are judged',
    profile({ events: new Map([[4, new Set([A])]]) }),
    measured([], { events: undefined }),
    'boot-log-missing',
    'no log',
  ],
  [
    'a file that is not listed',
    ima(),
    measured([
      ['/bin/a', A],
      ['/bin/b', B],
      ['/bin/c', C],
    ]),
    'file-unknown',
    `\`/bin/b\` (sha256:${B}) was measured, and 1 more`,
  ],
  [
    'a file of a container that is not listed',
    ima(),
    measured([[CONTAINER, B]]),
    'file-unknown',
    '`/usr/bin/tool` of the container 0123456789ab',
  ],
  ['no list where files are judged', ima(), measured(), 'ima-list-missing', 'measures nothing'],
] as const)('%s does not pass, and it is said why', (_, expected, found, reason, says) => {
  expect(compareWith(expected, found)).toMatchObject({ reason, detail: expect.stringContaining(says) });
});
