import { FAN_ONDIR, FAN_OPEN_EXEC_PERM, FAN_OPEN_PERM } from '@runward/native/fanotify';
import { describe, expect, it } from 'vitest';
import { hostMounts, planMarks } from './mark-plan.js';
import { type Mount, parseMounts } from './mountinfo.js';
import { tablesOf } from './testing/tables.js';

const HOST = hostMounts(
  parseMounts(`1 0 8:1 / / rw - ext4 /dev/sda1 rw
2 1 0:38 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw
3 1 0:5 / /sys rw - sysfs sysfs rw`),
);

const mount = (facts: Partial<Mount>): Mount => ({
  ...{
    id: 1,
    parent: 0,
    device: '0:99',
    root: '/',
    point: '/',
    type: 'tmpfs',
    readOnly: false,
    upper: undefined,
  },
  ...facts,
});

const OPENS = FAN_OPEN_PERM | FAN_ONDIR;
const files = tablesOf('mode: protect\nfile:\n  deny: [/etc/shadow, {directory: /data}]\n');
const programs = tablesOf('mode: protect\nprocess:\n  drift: deny\n');
const nothing = tablesOf('mode: protect\nfile:\n  deny: [{directory: /data, operations: [delete]}]\n');
const allowList = tablesOf('mode: protect\nfile:\n  default: deny\n  allow: [{directory: /usr}]\n');

describe('which mounts are marked', () => {
  it.each([
    [
      'the overlay of a container as a whole',
      files,
      { type: 'overlay', device: '0:38' },
      'filesystem',
      OPENS,
    ],
    [
      'a folder of the host by mount',
      files,
      { device: '8:1', root: '/rootfs', type: 'ext4' },
      'mount',
      OPENS,
    ],
    [
      "a volume of the host's by mount",
      files,
      { device: '8:1', root: '/v', point: '/data', type: 'ext4' },
      'mount',
      OPENS,
    ],
    ['its own tmpfs as a whole', files, { point: '/data/cache' }, 'filesystem', OPENS],
    [
      'for programs alone, where they alone can be denied',
      programs,
      { point: '/tmp' },
      'filesystem',
      FAN_OPEN_EXEC_PERM,
    ],
    [
      'with an allow-list, where nothing is allowed either',
      allowList,
      { point: '/tmp' },
      'filesystem',
      OPENS,
    ],
  ] as const)('%s', (_, tables, facts, kind, mask) => {
    expect(planMarks([mount(facts)], tables, HOST)).toMatchObject({ marks: [{ kind, mask }], unmarked: [] });
  });

  it.each([
    ['what no line is about', files, { point: '/tmp' }],
    ['what no operation that is seen is denied on', nothing, { point: '/data' }],
    [
      'file systems without programs, where programs alone are denied',
      programs,
      { point: '/sys', type: 'sysfs' },
    ],
    ['what a runtime hides files of the kernel with', programs, { point: '/proc/acpi', readOnly: true }],
  ] as const)('leaves %s', (_, tables, facts) => {
    expect(planMarks([mount(facts)], tables, HOST)).toEqual({ marks: [], unmarked: [] });
  });

  it.each([
    ['proc', allowList, { point: '/proc', type: 'proc' }],
    ['FUSE, whose server may wait for an answer itself', files, { point: '/data', type: 'fuse.sshfs' }],
    ['network file systems', programs, { point: '/home', type: 'nfs4' }],
  ] as const)('says that it leaves %s', (_, tables, facts) => {
    expect(planMarks([mount(facts)], tables, HOST)).toMatchObject({
      marks: [],
      unmarked: [{ point: facts.point }],
    });
  });

  it('marks all mounts of a file system one of whose names is restricted', () => {
    const both = [mount({ id: 1, point: '/data' }), mount({ id: 2, point: '/elsewhere' })];
    expect(planMarks(both, files, HOST).marks.map(({ mount: { id } }) => id)).toEqual([1, 2]);
  });
});
