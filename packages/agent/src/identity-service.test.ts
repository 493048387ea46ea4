import { mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testContainer } from '@runward/events/testing';
import { RuntimesError } from '@runward/runtimes';
import type { IdentityRequest } from '@runward/tracker';
import { afterAll, describe, expect, test } from 'vitest';
import { type ContainerSource, IdentityService } from './identity-service.js';

const ID = '3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e';
const request = (facts: Partial<IdentityRequest> = {}): IdentityRequest => ({
  cgroup: 7,
  cgroupPath: `/docker/${ID}`,
  pid: 100,
  ancestorArgs: [['containerd-shim-runc-v2', '-id', ID]],
  ancestorCwds: ['/run/x'],
  ownNamespaces: true,
  ownRoot: false,
  ...facts,
});

function serviceWith(lookup: ContainerSource['lookup']): IdentityService {
  return new IdentityService({}, Promise.resolve({ lookup, close: () => undefined }));
}
const knows = serviceWith(() => Promise.resolve(testContainer({ id: ID })));
const knowsNothing = serviceWith(({ id }) =>
  Promise.resolve(testContainer({ id, metadata: 'path-only', metadataProblem: 'no runtime answered' })),
);

describe('who a cgroup is', () => {
  test('is asked with what its path and its ancestors tell', async () => {
    const asked: unknown[] = [];
    const service = serviceWith((lookup) => {
      asked.push(lookup);
      return Promise.resolve(testContainer());
    });
    await service.identify(request());
    await service.identify(request({ cgroupPath: '/user/mybox' }));
    const common = { pid: 100, ancestorArgs: request().ancestorArgs, ancestorCwds: ['/run/x'] };
    expect(asked).toEqual([
      { ...common, id: ID, cgroupPath: `/docker/${ID}` },
      { ...common, id: 'mybox', cgroupPath: '/user/mybox' },
    ]);
  });

  test('is what the runtime says', async () => {
    expect(await knows.identify(request())).toMatchObject({
      kind: 'container',
      info: { id: ID, name: 'web' },
    });
  });

  // What the path names is a container even unknown to all runtimes; a process with a root of its own needs more.
  test.each([
    ['named by its path', {}, 'container'],
    ['a root of its own, in namespaces of its own', { ownRoot: true }, 'container'],
    [
      'a root of its own, below a runtime that was told its name',
      { ownRoot: true, ownNamespaces: false },
      'container',
    ],
    [
      'a root of its own and nothing else: a chroot',
      { ownRoot: true, ownNamespaces: false, ancestorArgs: [] },
      'host',
    ],
  ])('when no runtime knows it: %s', async (_, facts, kind) => {
    expect(await knowsNothing.identify(request(facts))).toMatchObject({ kind });
  });

  test('a chroot that a runtime knows is its container', async () => {
    expect(
      await knows.identify(request({ ownRoot: true, ownNamespaces: false, ancestorArgs: [] })),
    ).toMatchObject({
      kind: 'container',
    });
  });

  test('a registry that fails or was closed gives what the path tells, and why', async () => {
    const closed = serviceWith(() =>
      Promise.reject(new RuntimesError('RUNTIME_CLOSED', 'the registry is closed')),
    );
    const info = { id: ID, metadata: 'path-only', metadataProblem: 'the registry is closed' };
    expect(await closed.identify(request())).toMatchObject({ kind: 'container', info });
    const broken = new IdentityService({}, Promise.reject(new Error('no sockets')));
    expect(await broken.identify(request())).toMatchObject({
      info: { id: ID, metadataProblem: 'no sockets' },
    });
  });
});

describe('accounts', () => {
  const root = mkdtempSync(join(tmpdir(), 'runward-accounts-'));
  mkdirSync(join(root, 'etc'));
  writeFileSync(join(root, 'etc/passwd'), 'ann:x:1000:1000::/home/ann:/bin/sh\n');
  writeFileSync(join(root, 'etc/group'), 'staff:x:50:ann\n');
  afterAll(() => rmSync(root, { recursive: true }));

  test('are read below a descriptor of the root, which is closed then', async () => {
    const fd = openSync(root, 'r');
    const { users, groups } = await knows.accounts(fd);
    expect(users).toEqual([{ uid: 1000, name: 'ann', home: '/home/ann', shell: '/bin/sh' }]);
    expect(groups).toEqual([{ gid: 50, name: 'staff' }]);
    expect(() => statSync(`/proc/self/fd/${fd}/etc`)).toThrow();
  });

  test('of a root that has none are none', async () => {
    expect(await knows.accounts(openSync(join(root, 'etc'), 'r'))).toEqual({
      users: [],
      groups: [],
      hosts: [],
    });
  });
});
