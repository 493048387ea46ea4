import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Guard } from './guard.js';
import { requireRuntime, runtimes, type TestContainer } from './harness/index.js';

const policy = 'kernelSurface: { mode: protect, deny: [raw-devices, core-pattern, sysctl] }';
/** Writes what is there: nothing changes, whether it is allowed or not. */
const rewrite = (file: string): string => `v=$(cat ${file}); echo "$v" >${file}`;
// biome-ignore format: a table
const ATTEMPTS: readonly (readonly [name: string, line: string, ...denials: readonly string[]])[] = [
  ['a block device', '[ -e /b ] || mknod /b b 7 0; dd if=/b of=/dev/null count=0', 'raw-devices '],
  ['a setting with a handle of its own', rewrite('/proc/sys/kernel/core_pattern'), 'core-pattern /proc/sys/kernel/core_pattern'],
  ['another setting', rewrite('/proc/sys/vm/swappiness'), 'sysctl /proc/sys/vm/swappiness'],
  ['a setting by another mount', `mkdir -p /p; mount -t proc p /p; ${rewrite('/p/sys/vm/swappiness')}`, 'sysctl /proc/sys/vm/swappiness'],
  ['a setting of its own network', rewrite('/proc/sys/net/ipv4/ip_forward'), 'sysctl /proc/sys/net/ipv4/ip_forward'],
  ['reading settings', 'cat /proc/sys/kernel/core_pattern'],
  ['making a node', 'mknod /again-$$ b 7 1'],
  ['a device that is no handle', 'echo x >/dev/null; head -c 1 /dev/zero'],
];

/** Where the kernel has LSM programs, test/vm/enforcement.test.ts shows the whole section. */
describe('handles of the kernel without LSM programs', () => {
  const runtime = runtimes.runc();
  let guard: Guard;
  let guarded: TestContainer;
  let neighbour: TestContainer;

  beforeEach((test) => requireRuntime(runtime, test));
  beforeAll(async () => {
    if ((await runtime.available()) !== undefined) return;
    guard = await Guard.open();
    const start = () => runtime.start({ args: ['sleep', '600'], privileged: true });
    [guarded, neighbour] = [await start(), await start()];
  }, 120_000);
  afterAll(async () => {
    await runtime.close();
    await guard?.close();
  });

  const attempt = async (container: TestContainer, line: string): Promise<string> => {
    const { stdout, stderr } = await container.exec(['sh', '-c', `${line}; echo "ended $?"`]);
    const said = stdout + stderr;
    return said.includes('Operation not permitted') ? 'refused' : (/ended (\d+)/.exec(said)?.[0] ?? said);
  };

  it.for(ATTEMPTS)('%s', async ([, line, ...denials], test) => {
    const ability = guard.enforcement.abilities.find(({ section }) => section === 'kernelSurface');
    if (ability?.mechanism === 'lsm') test.skip('this kernel has LSM programs');
    expect(ability?.partly?.handles).toContain('raw-devices');
    guard.unbind(guarded);
    const free = await attempt(guarded, line);
    expect(free).not.toBe('refused');
    guard.bind(guarded, policy);
    const from = guard.verdicts.length;
    expect(await attempt(guarded, line)).toBe(denials.length > 0 ? 'refused' : free);
    expect(await attempt(neighbour, line)).toBe(free);
    for (const denial of denials) {
      const found = await guard.verdictsOf((each) => `${each.operation} ${each.object}` === denial, from);
      expect(found[0]).toMatchObject({ section: 'kernelSurface', mechanism: 'cgroup', outcome: 'denied' });
    }
    if (denials.length === 0) expect(guard.verdicts.slice(from)).toEqual([]);
  });
});
