import { describe, expect, test } from 'vitest';
import { EVENT_TYPES } from '../event-types.js';
import { testContainer, testLineage, testPod, testView } from '../testing/index.js';
import { fieldCatalogue, fieldRows } from './index.js';

test('no field is defined twice', () => {
  const names = fieldRows.map((row) => row.name);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  expect(fieldCatalogue.size).toBe(fieldRows.length);
});

test.each(fieldRows.map((row) => [row.name, row] as const))('%s is described', (_, row) => {
  expect(row.name).toMatch(/^(evt|syscall|proc|thread|fd|fs\.path|user|group|container|k8s)\.[a-z0-9_.]+$/);
  expect(row.doc).toMatch(/^[a-z0-9`-].*[^.]$/);
  expect(row.from).not.toBe('');
});

/** Every field the three stable, incubating and sandbox rule files of Falco read, apart from `evt.arg`. */
const STOCK = `container.id container.image.repository container.mount.dest container.mounts container.privileged
  container.start_ts evt.args evt.buffer evt.hostname evt.is_open_exec evt.is_open_read evt.is_open_write evt.num
  evt.rawres evt.res evt.type fd.cip fd.cip.name fd.cnet fd.connected fd.directory fd.filename fd.ip fd.l4proto
  fd.lip.name fd.lport fd.name fd.name_changed fd.nameraw fd.net fd.num fd.port fd.rip fd.rip.name fd.rnet fd.rport
  fd.sip fd.sip.name fd.snet fd.sockfamily fd.sport fd.type fd.typechar group.gid group.name k8s.ns.name k8s.pod.name
  proc.aexe proc.aexepath proc.aname proc.args proc.cmdline proc.cwd proc.duration proc.env proc.exe
  proc.exe_ino.ctime proc.exe_ino.ctime_duration_proc_start proc.exe_ino.mtime proc.exepath proc.is_exe_from_memfd
  proc.is_exe_upper_layer proc.is_vpgid_leader proc.name proc.pcmdline proc.pexe proc.pexepath proc.pname
  proc.ppid.duration proc.sname proc.tty proc.vpgid.exe proc.vpgid.name proc.vpid syscall.type thread.cap_effective
  thread.cap_permitted user.loginname user.loginuid user.name user.uid`;

test('every field the stock rule files read exists', () => {
  expect(STOCK.split(/\s+/).filter((name) => !fieldCatalogue.has(name))).toEqual([]);
});

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (v) => typeof v === 'string',
  int: (v) => typeof v === 'number' || typeof v === 'bigint',
  uint: (v) => (typeof v === 'number' || typeof v === 'bigint') && v >= 0,
  bool: (v) => typeof v === 'boolean',
  double: (v) => typeof v === 'number',
  ip: (v) => typeof v === 'string',
  port: (v) => typeof v === 'number',
  time: (v) => typeof v === 'bigint',
  duration: (v) => typeof v === 'bigint',
  bytes: (v) => v instanceof Uint8Array,
};

describe('on every event type, rich or poor in facts', () => {
  const rich = {
    process: testLineage('cat', 'bash', 'init'),
    container: testContainer({ pod: testPod() }),
    fd: 3,
    paths: ['/a/b', '/c'],
    rawPaths: ['b', 'c'],
    texts: ['x', 'y'],
    localIp: '10.0.0.1',
    localPort: 1,
    remoteIp: '10.0.0.2',
    remotePort: 2,
    data: Uint8Array.of(1),
  } as const;

  const views = EVENT_TYPES.flatMap(({ name: type }) => [
    testView({ type }),
    testView({ type, ...rich }),
    testView({ type, ...rich, objectKind: 'ipv4' }),
  ]);

  test.each(fieldRows.map((row) => [row.name, row] as const))('%s gives values of its type', (_, row) => {
    const wrong: unknown[] = [];
    for (const view of views)
      for (const argument of [undefined, 0, 1, 'flags', 'x']) {
        const value = row.extract(view, argument);
        if (value === undefined) continue;
        const fits = [value].flat().every((item) => TYPES[row.type]?.(item));
        if (!fits || (Array.isArray(value) && !row.list)) wrong.push([view.typeName, argument, value]);
      }
    expect(wrong).toEqual([]);
  });

  test('fields of the process depend on the process and container alone', () => {
    const other = {
      ...rich,
      number: 9,
      cpu: 4,
      result: -1,
      flags: 15,
      tid: 77,
      timeNs: 1_900_000_000_000_000_000n,
    };
    for (const row of fieldRows.filter((r) => r.perProcess && !r.argument.kind.startsWith('k')))
      expect(row.extract(testView({ type: 'read', ...other }), undefined), row.name).toEqual(
        row.extract(testView({ type: 'openat', ...rich }), undefined),
      );
  });
});
