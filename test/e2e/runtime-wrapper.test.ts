import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RuntimeName, requireRuntime, runtimes } from './harness/index.js';
import { WrapperPlace } from './runtime-wrapper.js';

/** What the first process of a container says of itself and may do. */
const report = `
grep -E '^(CapBnd|CapEff|NoNewPrivs|Seccomp):' /proc/self/status
touch /written 2>&1 && echo 'root written'
unshare -m true 2>&1 || echo 'unshare denied'
mount -t tmpfs tmpfs /mnt 2>&1 || echo 'mount denied'
echo done`;

const restrictive = `selector:
  containerNames: ['guarded*']
mode: protect
onFailure: closed
capabilities:
  default: deny
  allow: [CHOWN, SETUID, SETGID, KILL, SYS_ADMIN]
kernelSurface:
  deny: [mount, unshare, bpf, kexec]
privilege:
  noNewPrivileges: true
  readOnlyRoot: true
`;

const NET_RAW = 1n << 13n;

interface Status {
  readonly bounding: bigint;
  readonly effective: bigint;
  readonly noNewPrivileges: boolean;
  readonly filtered: boolean;
}

function statusOf(text: string): Status {
  const value = (name: string): string => new RegExp(`^${name}:\\s*(\\w+)`, 'm').exec(text)?.[1] ?? '';
  return {
    bounding: BigInt(`0x${value('CapBnd') || '0'}`),
    effective: BigInt(`0x${value('CapEff') || '0'}`),
    noNewPrivileges: value('NoNewPrivs') === '1',
    filtered: value('Seccomp') === '2',
  };
}

const names: readonly RuntimeName[] = ['runc', 'crun', 'containerd', 'containerd-cri', 'docker', 'podman'];

describe.each(names)('runward-oci under %s', (name) => {
  const place = new WrapperPlace();
  const runtime = runtimes[name](place.wrap);
  // A pod's container is named by the pod specification: `main` in the harness.
  const guarded = name === 'containerd-cri' ? restrictive.replace("'guarded*'", 'main') : restrictive;

  beforeAll(() => place.startAgent());
  beforeEach((test) => requireRuntime(runtime, test));
  afterAll(async () => {
    await runtime.close();
    await place.close();
  });

  it('puts the policy in force in the first process', async () => {
    place.apply({ guarded });
    const done = await runtime.runToEnd({ name: `guarded-${name}`, args: ['sh', '-c', report] });
    expect(done).toMatchObject({ code: 0 });
    expect(done.stdout).toContain('done');
    expect(done.stdout).not.toContain('root written');
    expect(done.stdout).toContain('unshare denied');
    expect(done.stdout).toContain('mount denied');
    const status = statusOf(done.stdout);
    expect(status).toMatchObject({ noNewPrivileges: true, filtered: true });
    expect(status.bounding & NET_RAW).toBe(0n);
    expect(status.effective & NET_RAW).toBe(0n);
  });

  it('holds processes that are added later to it', async () => {
    place.apply({ guarded });
    const container = await runtime.start({ name: `guarded-exec-${name}`, args: ['sleep', '60'] });
    try {
      const { stdout } = await container.exec([
        'grep',
        '-E',
        '^(CapBnd|CapEff|NoNewPrivs|Seccomp):',
        '/proc/self/status',
      ]);
      const status = statusOf(stdout);
      // By hand, without a process file, crun 1.8 takes no_new_privs from its own option alone.
      expect(status).toMatchObject({ noNewPrivileges: name !== 'crun', filtered: true });
      expect(status.bounding & NET_RAW).toBe(0n);
    } finally {
      await container.remove();
    }
  });

  it('changes nothing for a container that no policy selects', async () => {
    place.apply({ guarded: restrictive.replace("'guarded*'", 'nobody') });
    const done = await runtime.runToEnd({ name: `free-${name}`, args: ['sh', '-c', report] });
    expect(done).toMatchObject({ code: 0 });
    expect(done.stdout).toContain('root written');
    expect(statusOf(done.stdout).bounding & NET_RAW).toBe(NET_RAW);
  });

  it('passes exit codes and output on', async () => {
    place.withdraw();
    const done = await runtime.runToEnd({ args: ['sh', '-c', 'echo hi; echo oops >&2; exit 3'] });
    expect(done).toMatchObject({ code: 3, stdout: 'hi\n', stderr: 'oops\n' });
  });
});
