import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { requireRuntime, runtimes } from './harness/index.js';
import { poll } from './harness/process.js';
import { cgroupMounts, processesNaming, scratchPrefix } from './harness/scratch.js';

const CAP_SYS_ADMIN = 1n << 21n;

/** What this process' starters left behind: folders, mounts and processes that name one of their folders. */
function leftovers(): string[] {
  const found = readdirSync(tmpdir()).filter((name) => name.startsWith(scratchPrefix));
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  found.push(...mounts.filter((line) => line.includes(`/${scratchPrefix}`)));
  found.push(...processesNaming(`/${scratchPrefix}`).map((pid) => `process ${pid}`));
  return found;
}

for (const make of Object.values(runtimes)) {
  const runtime = make();
  describe(`containers of ${runtime.name}`, () => {
    beforeEach((test) => requireRuntime(runtime, test));
    afterAll(() => runtime.close());

    it('print and exit with their own code', async () => {
      const done = await runtime.runToEnd({ args: ['sh', '-c', 'echo hi; echo oops >&2; exit 3'] });
      expect(done).toMatchObject({ code: 3, stdout: 'hi\n', stderr: 'oops\n' });
    });

    it('take environment, mounts, a terminal, privileges and the host PID namespace', async () => {
      const done = await runtime.runToEnd({
        args: ['sh', '-c', 'tty && cat /host/hostname && echo $GREETING && grep CapEff /proc/self/status'],
        env: { GREETING: 'hello' },
        mounts: [{ source: '/etc', target: '/host', readonly: true }],
        tty: true,
        privileged: true,
        hostPid: true,
      });
      expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining('/dev/pts/'), stderr: '' });
      expect(done.stdout).toContain(readFileSync('/etc/hostname', 'utf8').trim());
      expect(done.stdout).toContain('hello');
      const effective = BigInt(`0x${/CapEff:\s*([0-9a-f]+)/.exec(done.stdout)?.[1] ?? '0'}`);
      expect(effective & CAP_SYS_ADMIN).toBe(CAP_SYS_ADMIN);
    });

    it('can be entered while they run, and end when removed', async () => {
      const container = await runtime.start({ args: ['sleep', '60'] });
      const pid = container.pid ?? 0;
      // runc answers before the program has replaced its own first process
      await expect.poll(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain('sleep');
      expect(
        readFileSync(`/proc/${pid}/cgroup`, 'utf8')
          .split('\n')
          .find((line) => line.startsWith('0::')),
      ).toContain(container.id);
      expect(await container.exec(['echo', 'inside'])).toMatchObject({ code: 0, stdout: 'inside\n' });
      await container.remove();
      expect(() => readFileSync(`/proc/${pid}/cgroup`)).toThrow();
    });
  });
}

describe('the starters', () => {
  it('leave no folder, mount, process or cgroup behind', async () => {
    await poll(() => (leftovers().length === 0 ? true : undefined), 5_000, 100);
    expect(leftovers()).toEqual([]);
    const cgroups = cgroupMounts().flatMap((mount) => readdirSync(mount));
    expect(cgroups.filter((name) => /^(rw-|runward-)/.test(name))).toEqual([]);
  });
});
