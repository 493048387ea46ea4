import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { specOfRuncState } from './runc-state.js';
import { readSpec } from './spec.js';

const ALL = [
  'CAP_SYS_ADMIN',
  'CAP_SYS_MODULE',
  'CAP_SYS_RAWIO',
  'CAP_SYS_PTRACE',
  'CAP_SYS_BOOT',
  'CAP_NET_ADMIN',
  'CAP_DAC_READ_SEARCH',
  'CAP_MKNOD',
];
const privileged = {
  process: { capabilities: { bounding: ALL }, user: { uid: 0, gid: 0 }, env: ['A=b', 7] },
  linux: { namespaces: [{ type: 'mount' }], resources: { devices: [{ allow: true, access: 'rwm' }] } },
};

describe('readSpec', () => {
  it('calls a container privileged that has all marks of it', () => {
    expect(readSpec(privileged).privileged).toBe(true);
  });

  it.each([
    [
      'a capability is missing',
      { process: { capabilities: { bounding: ALL.slice(1) } }, linux: privileged.linux },
    ],
    ['paths are masked', { ...privileged, linux: { ...privileged.linux, maskedPaths: ['/proc/kcore'] } }],
    ['paths are read-only', { ...privileged, linux: { ...privileged.linux, readonlyPaths: ['/proc/sys'] } }],
    ['a seccomp filter is set', { ...privileged, linux: { ...privileged.linux, seccomp: {} } }],
    [
      'only some devices are allowed',
      {
        ...privileged,
        linux: {
          ...privileged.linux,
          resources: { devices: [{ allow: true, type: 'c', major: 1, access: 'rwm' }] },
        },
      },
    ],
  ])('does not when %s', (_, spec) => {
    expect(readSpec(spec).privileged).toBe(false);
  });

  it('tells which namespaces are those of the host', () => {
    const namespaces = [
      { type: 'pid', path: '/proc/1/ns/pid' },
      { type: 'ipc' },
      { type: 'network', path: '/x' },
    ];
    expect(readSpec({ linux: { namespaces } })).toMatchObject({
      hostPid: true,
      hostIpc: false,
      hostNetwork: false,
    });
    expect(readSpec({ linux: { namespaces: [] } })).toMatchObject({
      hostPid: true,
      hostIpc: true,
      hostNetwork: true,
    });
  });

  it('keeps binds only, with their modes', () => {
    const mounts = [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/a', type: 'bind', source: '/x', options: ['ro', 'rslave'] },
      { destination: '/b', source: '/y', options: ['rbind'] },
    ];
    expect(readSpec({ mounts }).mounts).toEqual([
      { source: '/x', destination: '/a', mode: '', readWrite: false, propagation: 'rslave' },
      { source: '/y', destination: '/b', mode: '', readWrite: true, propagation: '' },
    ]);
  });

  it('reads any JSON without throwing', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void readSpec(value)));
    const shaped = fc.record({
      process: fc.jsonValue(),
      linux: fc.jsonValue(),
      mounts: fc.array(fc.jsonValue()),
    });
    fc.assert(fc.property(shaped, (value) => void readSpec(value)));
  });
});

describe('specOfRuncState', () => {
  it('gives the same answers as the specification would', () => {
    const state = {
      config: {
        labels: ['bundle=/b', 'team=blue', 'flag'],
        capabilities: { Bounding: ALL },
        mounts: [{ source: '/x', destination: '/a', device: 'bind', flags: 4096 | 1 }],
        namespaces: [
          { type: 'NEWNS', path: '' },
          { type: 'NEWPID', path: '' },
        ],
        cgroups: { devices: [{ type: 97, major: -1, minor: -1, permissions: 'rwm', allow: true }] },
        mask_paths: null,
        readonly_paths: null,
        seccomp: null,
      },
    };
    const facts = readSpec(specOfRuncState(state));
    expect(facts).toMatchObject({ privileged: true, hostPid: false, hostNetwork: true });
    expect(facts.mounts).toMatchObject([{ source: '/x', destination: '/a', readWrite: false }]);
    expect([...facts.annotations]).toEqual([
      ['team', 'blue'],
      ['flag', ''],
    ]);
  });

  it('reads any JSON without throwing', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void readSpec(specOfRuncState(value))));
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        (config) => void readSpec(specOfRuncState({ config })),
      ),
    );
  });
});
