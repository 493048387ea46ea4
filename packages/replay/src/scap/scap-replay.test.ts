import { EventFlag, type EventView, fieldCatalogue } from '@runward/events';
import { fieldValue } from '@runward/events/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { replayBytes } from '../testing/replay-bytes.js';
import {
  block,
  eventBlock,
  filesBlock,
  i64,
  machineBlock,
  processBlock,
  section,
  tuple4,
  usersBlock,
  word32,
} from '../testing/scap-file.js';

const ID = '3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e';
const CGROUP = `cpu=/docker/${ID}`;
const T = 1_800_000_000_000_000_000n;
const base = (): Buffer[] => [
  section(),
  machineBlock('node-1'),
  usersBlock({ 0: 'root', 1000: 'ann' }),
  processBlock([
    { tid: 1, comm: 'systemd', ptid: 0 },
    { tid: 50, comm: 'bash', cwd: '/work', cgroups: [CGROUP], vpid: 1 },
  ]),
  filesBlock(50, { 3: '/etc/shadow' }),
];
const event = (
  type: number,
  tid: number,
  params: Parameters<typeof eventBlock>[0]['params'],
  large = false,
): Buffer => eventBlock({ type, tid, timeNs: T, params }, large);
const replay = (blocks: readonly Buffer[], pick: (v: EventView) => unknown) => {
  const seen: unknown[] = [];
  const result = replayBytes(Buffer.concat([...blocks]), (v) => seen.push(pick(v)));
  return { seen, ...result };
};

/** Parameters of an exec of the newest version. */
const exec = (exe: string, comm: string): (Buffer | string | number)[] => [
  ...[0, exe, Buffer.from('-l\0/\0'), 50, 50, 1, '/work', 1024, 0, 0],
  ...[
    word32(0),
    word32(0),
    word32(0),
    comm,
    Buffer.from(`${CGROUP}\0`),
    Buffer.from('A=1\0'),
    word32(34816),
    50,
  ],
  ...[word32(1000), word32(2), 0, 1, 1, 4711, 1, 2, word32(0), '/usr/bin/ls'],
];

describe('state before the first event', () => {
  test('processes, descriptors, users and the machine are known', () => {
    const { seen } = replay(
      [...base(), event(6, 50, [3, word32(10)]), event(7, 50, [4, Buffer.from('root')])],
      (v) => [
        v.typeName,
        fieldValue(v, 'fd.name'),
        fieldValue(v, 'proc.name'),
        fieldValue(v, 'proc.aname[1]'),
        fieldValue(v, 'proc.vpid'),
        v.hostname,
        fieldValue(v, 'user.name'),
        fieldValue(v, 'evt.arg.size'),
        fieldValue(v, 'evt.arg.data'),
        v.container?.id,
        v.container?.runtime,
      ],
    );
    expect(seen).toEqual([
      ['read', '/etc/shadow', 'bash', 'systemd', 1, 'node-1', 'root', '10', 'root', ID, 'docker'],
    ]);
  });

  test('a container event describes the container, whenever it comes', () => {
    const json = JSON.stringify({
      container: {
        id: ID.slice(0, 12),
        type: 0,
        name: 'web',
        image: 'nginx:1.27',
        imagerepo: 'nginx',
        privileged: true,
        labels: { 'io.kubernetes.pod.name': 'shop', 'io.kubernetes.pod.namespace': 'prod', bad: 3 },
      },
    });
    for (const large of [false, true]) {
      const { seen } = replay(
        [...base(), event(324, 50, [json], large), event(95, 50, [0, '/tmp'])],
        ({ container }) => [
          container?.name,
          container?.image,
          container?.privileged,
          container?.pod?.name,
          container?.id,
        ],
      );
      expect(seen).toEqual([['web', 'nginx:1.27', true, 'shop', ID]]);
    }
  });
});

describe('processes', () => {
  test('an exec gives the process its new image', () => {
    const { seen } = replay([...base(), event(292, 50, ['./ls']), event(293, 50, exec('ls', 'ls'))], (v) =>
      [
        'proc.cmdline',
        'proc.exepath',
        'proc.is_exe_upper_layer',
        'proc.env',
        'evt.arg.filename',
        'thread.cap_effective',
      ].map((name) => fieldValue(v, name)),
    );
    expect(seen).toEqual([['ls -l /', '/usr/bin/ls', true, 'A=1', './ls', 'CAP_CHOWN']]);
  });

  test('an exec that failed leaves the image as it was', () => {
    const { seen } = replay([...base(), event(292, 50, ['./no']), event(293, 50, [-2, 'no'])], (v) => [
      fieldValue(v, 'proc.name'),
      v.execFailed,
      fieldValue(v, 'evt.res'),
    ]);
    expect(seen).toEqual([['bash', true, 'ENOENT']]);
  });

  const clone = (
    result: number,
    tid: number,
    ptid: number,
    flags = 0,
    vtid = tid,
  ): (Buffer | string | number)[] => [
    ...[
      result,
      'bash',
      Buffer.alloc(0),
      tid,
      tid,
      ptid,
      '/work',
      1024,
      0,
      0,
      word32(0),
      word32(0),
      word32(0),
    ],
    ...['bash', Buffer.from(`${CGROUP}\0`), word32(flags), word32(0), word32(0), vtid, vtid],
  ];
  const name = (v: EventView): unknown => [
    v.typeName,
    v.pid,
    fieldValue(v, 'proc.pname'),
    fieldValue(v, 'fd.name'),
    v.container?.id,
  ];

  test('a child has a copy of the descriptors, a thread shares them', () => {
    const { seen } = replay(
      [
        ...base(),
        event(223, 50, clone(60, 50, 1)),
        event(4, 60, [3]),
        event(5, 60, [0]),
        event(223, 50, clone(61, 50, 1, 2 ** 13)),
        event(4, 61, [3]),
        event(5, 61, [0]),
        event(4, 50, [3]),
        event(5, 50, [-9]),
      ],
      name,
    );
    expect(seen).toEqual([
      ['clone', 50, 'systemd', undefined, ID],
      ['close', 60, 'bash', '/etc/shadow', ID],
      ['clone', 50, 'systemd', undefined, ID],
      ['close', 50, 'systemd', '/etc/shadow', ID],
      ['close', 50, 'systemd', undefined, ID],
    ]);
  });

  test('in a pid namespace the child itself tells who it is', () => {
    const { seen } = replay(
      [
        ...base(),
        event(223, 50, clone(2, 50, 1, 2 ** 29, 1)),
        event(223, 70, clone(0, 70, 50, 2 ** 29, 2)),
        event(95, 70, [0, '/tmp']),
      ],
      (v) => [v.typeName, v.pid, fieldValue(v, 'proc.vpid'), fieldValue(v, 'proc.pname'), v.container?.id],
    );
    expect(seen[2]).toEqual(['chdir', 70, 2, 'bash', ID]);
  });

  test('a process that ended is shown at its end and forgotten', () => {
    const { seen, replay: state } = replay(
      [...base(), event(186, 50, [0, 0, Buffer.from([0]), Buffer.from([0])])],
      (v) => [v.typeName, fieldValue(v, 'proc.name')],
    );
    expect(seen).toEqual([['procexit', 'bash']]);
    expect(state.machine.byPid(50)).toBeUndefined();
  });

  test('a working directory is followed, and relative paths with it', () => {
    const { seen } = replay(
      [
        ...base(),
        event(95, 50, [0, '../etc']),
        event(307, 50, [4, -100, 'passwd', word32(1), word32(0), word32(0), 9]),
        event(307, 50, [-2, 4, 'x', word32(0x4006), word32(0o644), word32(0), 0]),
      ],
      (v) => [
        fieldValue(v, 'fd.name'),
        fieldValue(v, 'evt.arg.flags'),
        fieldValue(v, 'proc.cwd'),
        (v.flags & EventFlag.callerMemory) !== 0,
      ],
    );
    expect(seen.slice(1)).toEqual([
      ['/etc/passwd', 'O_RDONLY', '/etc/', true],
      ['/etc/passwd/x', 'O_WRONLY|O_CREAT|O_F_CREATED', '/etc/', true],
    ]);
  });
});

test('sockets: made, connected, duplicated, accepted', () => {
  const from = [10, 0, 0, 1];
  const to = [10, 0, 0, 2];
  const { seen } = replay(
    [
      ...base(),
      event(19, 50, [4, word32(2), word32(1), word32(6)]),
      event(23, 50, [0, tuple4(from, 4000, to, 443), 4]),
      event(363, 50, [9, 4, 9]),
      event(9, 50, [3, Buffer.from('hi!'), 9, word32(3)]),
      event(247, 50, [5, tuple4(to, 5000, from, 80), Buffer.from([0]), word32(0), word32(0)]),
    ],
    (v) => [
      v.typeName,
      fieldValue(v, 'fd.name'),
      fieldValue(v, 'fd.sport'),
      fieldValue(v, 'fd.is_server'),
      fieldValue(v, 'fd.num'),
    ],
  );
  expect(seen.slice(1)).toEqual([
    ['connect', '10.0.0.1:4000->10.0.0.2:443', 443, false, 4],
    ['dup2', '10.0.0.1:4000->10.0.0.2:443', 443, false, 4],
    ['write', '10.0.0.1:4000->10.0.0.2:443', 443, false, 9],
    ['accept', '10.0.0.2:5000->10.0.0.1:80', 80, true, 5],
  ]);
});

test('what an enter event would have said is marked as missing when it is not there', () => {
  const cut = (v: EventView): unknown => (v.flags & EventFlag.truncated) !== 0;
  expect(replay([...base(), event(129, 50, [0])], cut).seen).toEqual([true]);
  expect(replay([...base(), event(128, 50, [1, Buffer.from([9])]), event(129, 50, [0])], cut).seen).toEqual([
    false,
  ]);
});

describe('damage is told and passed over', () => {
  const good = event(95, 50, [0, '/tmp']);
  const damaged = (bytes: Buffer, at: number, value: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy.writeUInt32LE(value >>> 0, at);
    return copy;
  };
  const parts = (blocks: readonly Buffer[]) => {
    const { seen, tally, isWhole } = replay(blocks, (v) => v.typeName);
    return {
      seen,
      skipped: tally.skipped.map((p) => [p.kind, p.reason]),
      malformed: tally.malformed,
      isWhole,
    };
  };

  test.each([
    ['a length of nearly 4 GB', 4, 0xfffffff0, 'a block longer than 32 MiB'],
    ['a length of 3', 4, 3, 'a block with the impossible length 3'],
    ['a wrong length', 4, good.length + 4, 'a block whose two lengths differ'],
    ['a wrong length at the end', good.length - 4, 7, 'a block whose two lengths differ'],
  ])('%s costs that block, no other', (_, at, value, reason) => {
    const result = parts([...base(), good, damaged(good, at, value), good, good]);
    expect(result.seen).toEqual(['chdir', 'chdir', 'chdir']);
    expect(result.skipped).toEqual([['damaged', reason]]);
  });

  test('unknown blocks, unknown events, impossible events', () => {
    const result = parts([
      ...base(),
      block(0x999, Buffer.alloc(8)),
      event(9999, 50, []),
      damaged(good, 8 + 2 + 22, 65),
      good,
    ]);
    expect(result.seen).toEqual(['chdir']);
    expect(result.malformed).toBe(1);
    expect(result.skipped).toEqual([
      ['unknown', 'unknown block type 0x999'],
      ['unknown', 'unknown event number 9999'],
      ['damaged', 'an event with an impossible number of parameters'],
    ]);
  });

  test('a list that lies about its entries keeps those before', () => {
    const list = processBlock([
      { tid: 50, comm: 'one' },
      { tid: 51, comm: 'two' },
    ]);
    list.writeUInt32LE(0xffff, 8 + list.readUInt32LE(8)); // the length of the second entry
    const { seen, tally } = replay([section(), list, good], (v) => v.process.comm);
    expect(seen).toEqual(['one']);
    expect(tally.skipped[0]?.reason).toContain('the rest of a list of processes');
  });

  test('a file that ends in the middle of a block is not whole', () => {
    const bytes = Buffer.concat([...base(), good, good.subarray(0, 20)]);
    const { tally, isWhole, replay: state } = replayBytes(bytes, () => undefined);
    expect([isWhole, state.events, tally.skipped[0]?.reason]).toEqual([
      false,
      1,
      'the file ends in the middle of a block',
    ]);
  });

  test('the part of events a busy capture kept is a gap', () => {
    const { tally } = replay(
      [...base(), event(148, 0, [word32(8)]), event(149, 0, [word32(8)])],
      () => undefined,
    );
    expect(tally.gaps).toEqual([
      { fromNs: T, toNs: T, lost: undefined, reason: 'the capture kept one part in 8 of each second' },
    ]);
  });
});

test('mutated bytes never throw, in the reader or in any field', () => {
  const json = JSON.stringify({ container: { id: ID, Mounts: [{ Source: '/' }], labels: {} } });
  const blocks = [
    ...base(),
    event(324, 50, [json]),
    event(292, 50, ['./ls']),
    event(293, 50, exec('ls', 'ls')),
    event(307, 50, [4, -100, 'passwd', word32(1), word32(0), word32(0), 9]),
    event(23, 50, [0, tuple4([1, 2, 3, 4], 5, [6, 7, 8, 9], 10), 4]),
    event(31, 50, [1, Buffer.from('x'), 4, word32(1), tuple4([1, 2, 3, 4], 5, [6, 7, 8, 9], 10)]),
    event(169, 50, [0, Buffer.concat([Buffer.from([0]), i64(5)]), Buffer.concat([Buffer.from([1, 9])])]),
    event(186, 50, [0]),
  ];
  const whole = Buffer.concat(blocks);
  const fields = [...fieldCatalogue.values()].filter(
    (f) => f.argument.kind === 'none' || !f.argument.required,
  );
  const mutation = fc.record({ at: fc.nat(whole.length - 1), value: fc.nat(255) });
  fc.assert(
    fc.property(
      fc.array(mutation, { maxLength: 30 }),
      fc.nat(whole.length),
      fc.integer({ min: 1, max: 999 }),
      (m, end, chunk) => {
        const bytes = Buffer.from(whole);
        for (const { at, value } of m) bytes[at] = value;
        replayBytes(
          bytes.subarray(0, m.length % 2 === 0 ? bytes.length : end),
          (v) => {
            for (const f of fields) f.extract(v, undefined);
          },
          chunk,
        );
      },
    ),
    { numRuns: 300 },
  );
});

test('tables are bounded, whatever a file claims, and what did not fit is counted', () => {
  const child = (tid: number): Buffer =>
    event(223, tid, [
      ...[0, 'sh', Buffer.alloc(0), tid, tid, 50, '/work', 1024, 0, 0, word32(0), word32(0), word32(0)],
      ...['sh', Buffer.from(`${CGROUP}\0`), word32(0), word32(0), word32(0), tid, tid],
    ]);
  const files = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [i, `/f${i}`]));
  const blocks = [
    ...base(),
    filesBlock(50, files),
    ...Array.from({ length: 700 }, (_, i) => child(1000 + i)),
  ];
  const { replay: state, tally } = replay(blocks, () => undefined);
  expect(state.events).toBe(700);
  expect(state.forgotten).toBeGreaterThan(100);
  expect(tally.malformed).toBe(0);
});
