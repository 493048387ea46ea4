import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GuardProcess } from './fanotify/guard.js';
import { type RuntimeName, requireRuntime, runtimes, type TestContainer } from './harness/index.js';
import { poll } from './harness/process.js';
import { Scratch } from './harness/scratch.js';

const PREPARE = `
mkdir -p /srv/keep /srv/open /mnt/a /mnt/b /mnt/c
echo secret >/srv/keep/secret; echo open >/srv/open/file
ln -s /srv/keep/secret /srv/open/soft
mkdir /tmp/dropped /dev/shm/dropped
cp /bin/busybox /tmp/dropped; cp /bin/busybox /dev/shm/dropped
printf '#!/bin/sh\\necho ran\\n' >/tmp/script; chmod +x /tmp/script
echo prepared; exec sleep 600`;

const POLICY = `
mode: protect
process:
  drift: deny
  deny: [/usr/local/bin/int80]
file:
  deny:
    - {directory: /srv/keep, operations: [read]}
    - {directory: /etc, operations: [write]}
    - {path: /data/secret, operations: [read, write]}
`;

const DENIED = [
  'cat /srv/keep/secret',
  'ls /srv/keep',
  'cat /srv/open/soft',
  'cat /srv/open/../keep//secret',
  'cat /proc/self/root/srv/keep/secret',
  'cat /proc/1/root/srv/keep/secret',
  'exercise open-relative /srv/keep secret',
  'exercise open-at /srv/keep secret',
  'exercise open-legacy /srv/keep/secret',
  'exercise openat2 /srv/keep/secret',
  'exercise chroot-open /srv/keep /secret',
  'uring openat /srv/keep/secret',
  'uring --async openat /srv/keep/secret',
  'uring --sqpoll openat /srv/keep/secret',
  'mount --bind /srv/keep /mnt/a && cat /mnt/a/secret',
  "unshare -m sh -c 'mount --bind /srv/keep /mnt/b && cat /mnt/b/secret'",
  "unshare -m sh -c 'mount -t tmpfs tmpfs /etc && cat /srv/keep/secret'",
  'cat /data/secret',
  'unshare -m cat /data/secret',
  "mount --bind /data /mnt/c && sleep 0.2 && cat /mnt/c/secret",
  'exercise open /data/secret rw',
  'echo more >>/etc/passwd',
  ': >/etc/passwd',
  'exercise open /etc/passwd rw',
  'exercise open /etc/passwd w,trunc',
  'exercise openat2 /etc/passwd',
  '/tmp/dropped/busybox true',
  '/dev/shm/dropped/busybox true',
  '/tmp/script',
  'int80 getpid',
]; // biome-ignore format: a table

const ALLOWED = [
  'cat /srv/open/file',
  'echo text >/srv/keep/new',
  'cat /etc/passwd',
  'ls /etc',
  'exercise open /etc/passwd',
  'echo text >/srv/open/new && cat /srv/open/new',
  'cat /data/file',
  'cat /proc/self/status',
  '/bin/busybox true',
  'sh /tmp/script',
  'grep -q ^root /etc/passwd',
];

/** Each command's exit code and what it complained about. */
async function outcomes(
  container: TestContainer,
  commands: readonly string[],
): Promise<Map<string, { readonly code: number; readonly said: string }>> {
  const lines = commands.map(
    (command, at) => `(${command}) >/tmp/o 2>&1; echo "@${at} $? $(tr '\\n' ' ' </tmp/o)"`,
  );
  const { stdout } = await container.exec(['sh', '-c', lines.join('\n')]);
  const found = [...stdout.matchAll(/^@(\d+) (\d+) (.*)$/gm)];
  return new Map(
    found.map(([, at, code, said = '']) => [commands[Number(at)] ?? '', { code: Number(code), said }]),
  );
}

const names: readonly RuntimeName[] = ['runc', 'containerd', 'docker', 'podman'];

describe.each(names)('fanotify in a container of %s', (name) => {
  const runtime = runtimes[name]();
  const scratch = new Scratch(`fanotify-${name}`);
  let guard: GuardProcess;
  let container: TestContainer;
  let neighbour: TestContainer;

  beforeAll(async () => {
    if ((await runtime.available()) !== undefined) return;
    for (const file of ['secret', 'file']) writeFileSync(scratch.below(file), 'text\n');
    const options = {
      args: ['sh', '-c', PREPARE],
      privileged: true,
      mounts: [{ source: scratch.path, target: '/data' }],
    };
    [guard, container, neighbour] = await Promise.all([
      GuardProcess.start(),
      runtime.start(options),
      runtime.start(options),
    ]);
    const isPrepared = async () =>
      (await container.output()).stdout.includes('prepared') ? true : undefined;
    expect(await poll(isPrepared, 20_000)).toBe(true);
    const isNeighbourPrepared = async () =>
      (await neighbour.output()).stdout.includes('prepared') ? true : undefined;
    expect(await poll(isNeighbourPrepared, 20_000)).toBe(true);
    const bound = await guard.bind(container.pid, POLICY);
    expect(bound.unmarked).toEqual([]);
  });
  afterAll(async () => {
    await guard?.close();
    await runtime.close();
    await scratch.remove();
  });

  it('denies what the policy denies, by every way to it', async (test) => {
    await requireRuntime(runtime, test);
    const found = await outcomes(container, DENIED);
    expect(
      DENIED.filter((command) => !/not permitted|EPERM|denied/i.test(found.get(command)?.said ?? '')),
    ).toEqual([]);
    const { stdout } = await container.exec(['cat', '/etc/passwd']);
    expect(stdout).toContain('root:');
    expect(stdout).not.toContain('more');
  });

  it('lets everything else through', async (test) => {
    await requireRuntime(runtime, test);
    const found = await outcomes(container, ALLOWED);
    expect(
      ALLOWED.flatMap((command) => (found.get(command)?.code === 0 ? [] : [[command, found.get(command)]])),
    ).toEqual([]);
  });

  it('tells what it denied, and by which line', async (test) => {
    await requireRuntime(runtime, test);
    await container.exec(['cat', '/srv/keep/secret']);
    expect(await guard.verdict(({ object }) => object === '/srv/keep/secret')).toMatchObject({
      ...{ section: 'file', operation: 'read', outcome: 'denied', unresolved: false, comm: 'cat' },
    });
    await container.exec(['/tmp/dropped/busybox', 'true']);
    expect(await guard.verdict(({ object }) => object === '/tmp/dropped/busybox')).toMatchObject({
      ...{ section: 'process', operation: 'start', outcome: 'denied' },
    });
  });

  it('leaves neighbours and the host alone', async (test) => {
    await requireRuntime(runtime, test);
    const commands = ['cat /srv/keep/secret', '/tmp/dropped/busybox true', 'cat /data/secret'];
    const found = await outcomes(neighbour, commands);
    expect(commands.map((command) => found.get(command)?.code)).toEqual([0, 0, 0]);
    expect(readFileSync(`/proc/${container.pid}/root/srv/keep/secret`, 'utf8')).toBe('secret\n');
    expect(readFileSync(scratch.below('secret'), 'utf8')).toBe('text\n');
  });

  it('lets everything through when it is killed, and holds nobody up', async (test) => {
    await requireRuntime(runtime, test);
    const busy = container.exec([
      'sh',
      '-c',
      'i=0; while [ $i -lt 300 ]; do cat /etc/passwd >/dev/null; i=$((i+1)); done; echo over',
    ]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await guard.kill();
    expect(await busy).toMatchObject({ code: 0, stdout: 'over\n' });
    expect(await container.exec(['cat', '/srv/keep/secret'])).toMatchObject({ code: 0, stdout: 'secret\n' });
  });
});
