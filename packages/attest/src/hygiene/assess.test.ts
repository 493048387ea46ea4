import { describe, expect, it } from 'vitest';
import type { Configuration } from '../configuration/configuration.js';
import { CONFINED } from '../testing/sample.js';
import { assess, WEIGHTS, workloadScore } from './assess.js';
import { HYGIENE_CHECKS } from './checks.js';

const ALL = Array.from({ length: 41 }, (_, i) => `CAP_${i}`);
const HOST_USER = { namespaces: { ...CONFINED.namespaces, user: 'host' as const }, userMapping: [] };
const process = (part: Partial<Configuration['process']>): Partial<Configuration> => ({
  process: { ...CONFINED.process, ...part },
});
const caps = (...names: string[]) =>
  process({ capabilities: { ...CONFINED.process.capabilities, effective: names } });
const standing = (name: string): Partial<Configuration> => ({
  namespaces: { ...CONFINED.namespaces, [name]: 'host' },
});
const mounts = (...added: Partial<Configuration['mounts'][number]>[]): Partial<Configuration> => ({
  mounts: [
    ...CONFINED.mounts,
    ...added.map((mount) => ({
      destination: '/mnt',
      type: 'ext4',
      source: '',
      readOnly: false,
      flags: [],
      propagation: 'private' as const,
      ...mount,
    })),
  ],
});
const devices = (...nodes: string[]): Partial<Configuration> => ({ devices: { nodes, rules: [] } });
const limits = (part: Partial<Configuration['limits']>): Partial<Configuration> => ({
  limits: { ...CONFINED.limits, ...part },
});

const BAD: Readonly<Record<string, Partial<Configuration>>> = {
  privileged: {
    ...HOST_USER,
    ...process({ seccomp: 'none', capabilities: { ...CONFINED.process.capabilities, effective: ALL } }),
    devices: { nodes: [], rules: ['a *:* rwm'] },
  },
  ...Object.fromEntries(
    ['pid', 'net', 'ipc', 'mnt', 'uts', 'cgroup'].map((name) => [`host-${name}`, standing(name)]),
  ),
  'capabilities-critical': { ...HOST_USER, ...caps('CAP_SYS_ADMIN') },
  'capabilities-high': { ...HOST_USER, ...caps('CAP_NET_ADMIN') },
  'capabilities-medium': { ...HOST_USER, ...caps('CAP_NET_RAW') },
  'ambient-capabilities': process({
    capabilities: { ...CONFINED.process.capabilities, ambient: ['CAP_CHOWN'] },
  }),
  'runtime-socket': mounts({ source: '/run/docker.sock' }),
  'host-root': mounts({ source: '/' }),
  'telling-path-writable': mounts({ source: '/etc/cron.d' }),
  'telling-path': mounts({ source: '/var/log', readOnly: true }),
  'host-path-writable': mounts({ source: '/srv/other' }),
  'shared-propagation': mounts({ source: '/srv/other', readOnly: true, propagation: 'shared' }),
  'disk-devices': devices('b 8:0 660 /dev/sda'),
  'any-device': { devices: { nodes: [], rules: ['b *:* rwm'] } },
  'kernel-uncovered': { mounts: CONFINED.mounts.filter(({ destination }) => destination !== '/proc/keys') },
  'kernel-settings-writable': {
    ...HOST_USER,
    mounts: CONFINED.mounts.filter(({ destination }) => destination !== '/proc/sys'),
  },
  'root-user': { ...HOST_USER, ...process({ uids: [0, 0, 0, 0] }) },
  'new-privileges': process({ noNewPrivileges: false }),
  'seccomp-off': process({ seccomp: 'none' }),
  'no-security-label': process({ securityLabel: '' }),
  'writable-root': { rootReadOnly: false },
  'no-memory-limit': limits({ memoryBytes: null }),
  'no-process-limit': limits({ pids: null }),
  'no-cpu-limit': limits({ cpus: null }),
  'spared-by-oom': process({ oomScoreAdjust: -999 }),
  'loads-libraries': process({ environment: ['LD_PRELOAD'] }),
  'secret-in-environment': process({ environment: ['DB_PASSWORD'] }),
  'beyond-first': { beyond: [{ executable: '/bin/sh', what: 'seccomp', names: [] }] },
};

describe('assess', () => {
  it('finds nothing in a container that is confined as it should be', () => {
    expect(assess(CONFINED)).toEqual({ findings: [], score: 100 });
  });

  it('is tried for every check there is', () => {
    expect(Object.keys(BAD).sort()).toEqual(HYGIENE_CHECKS.map(({ id }) => id).sort());
  });

  it.each(HYGIENE_CHECKS.map((check) => [check.id, check] as const))(
    '%s is found, alone, and costs its weight',
    (id, check) => {
      const { findings, score } = assess({ ...CONFINED, ...BAD[id] });
      expect([...new Set(findings.map((finding) => finding.id))]).toEqual([id]);
      expect(score).toBe(100 - WEIGHTS[check.severity]);
      expect(findings.every(({ text, advice }) => text !== '' && advice !== '')).toBe(true);
    },
  );

  it('does not count what a user namespace makes harmless', () => {
    expect(assess({ ...CONFINED, ...process({ uids: [0, 0, 0, 0] }), ...{} }).findings).toEqual([]);
  });

  it('has no score below 0, and of a workload that of its weakest container', () => {
    const bad: Configuration = Object.assign({}, CONFINED, ...Object.values(BAD));
    expect(
      assess({
        ...bad,
        mounts:
          mounts(
            { source: '/' },
            { source: '/etc', destination: '/b' },
            { source: '/run/docker.sock', destination: '/c' },
          ).mounts ?? [],
      }).score,
    ).toBe(0);
    expect(workloadScore([90, 40, 77])).toBe(40);
    expect(workloadScore([])).toBe(100);
  });
});
