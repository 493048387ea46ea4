import type { ContainerInfo, MountInfo } from '@runward/events';
import { pathOnlyContainer } from '@runward/runtimes';
import { describe, expect, it } from 'vitest';
import { containerRisks, type ProcessPowers } from './container-risks.js';

const base: ContainerInfo = pathOnlyContainer('a'.repeat(64), 'docker', '');
const confined: ProcessPowers = { effectiveCapabilities: 0n, filtered: true, uid: 1000 };
const mount = (source: string, readWrite = true): MountInfo => ({
  source,
  destination: '/mnt',
  mode: '',
  readWrite,
  propagation: '',
});

/** The risks of a confined container but for `facts` and `powers`. */
const risks = (facts: Partial<ContainerInfo>, powers: Partial<ProcessPowers> = {}): string[] =>
  containerRisks({ ...base, ...facts }, [{ ...confined, ...powers }]);

describe('what a container may do that it should not', () => {
  it('is nothing when it is confined', () => {
    expect(
      risks({ mounts: [mount('proc'), mount('/srv/data'), mount('/var/lib/docker/volumes/x')] }),
    ).toEqual([]);
  });

  it.each<[string, Partial<ContainerInfo>, RegExp]>([
    ['privileged', { privileged: true }, /is privileged/],
    ["the host's processes", { hostPid: true }, /signal the host's processes/],
    ["the host's network", { hostNetwork: true }, /host's network/],
    ["the host's shared memory", { hostIpc: true }, /host's memory segments/],
    ['a runtime socket', { mounts: [mount('/var/run/docker.sock')] }, /socket \/var\/run\/docker\.sock/],
    [
      "containerd's socket",
      { mounts: [mount('/run/containerd/containerd.sock')] },
      /can start any container/,
    ],
    ["the host's root", { mounts: [mount('/')] }, /may write the host's \/ \(at \/mnt\)/],
    ['a read-only /etc', { mounts: [mount('/etc/', false)] }, /may read the host's \/etc\/ \(at \/mnt\)/],
  ])('names %s', (_, facts, says) => {
    expect(risks(facts)).toEqual([expect.stringMatching(says)]);
  });

  it('names capabilities of any process, unless all are there anyway', () => {
    const sysAdmin = { effectiveCapabilities: 1n << 21n };
    expect(risks({}, sysAdmin)).toEqual([expect.stringMatching(/^CAP_SYS_ADMIN: /)]);
    expect(containerRisks(base, [confined, { ...confined, ...sysAdmin }])).toHaveLength(1);
    expect(risks({ privileged: true }, sysAdmin)).toEqual([expect.stringMatching(/is privileged/)]);
  });

  it('names root and a missing filter of system calls', () => {
    expect(risks({}, { uid: 0 })).toEqual(['runs as root']);
    expect(risks({}, { filtered: false })).toEqual([expect.stringMatching(/every system call/)]);
  });
});
