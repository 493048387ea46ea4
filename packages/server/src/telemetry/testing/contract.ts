import type { SentRecord } from '@runward/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readFilter } from '../../filter/index.js';
import { fits } from '../fits.js';
import type { Arrival, IncidentFilter, Telemetry, TelemetryFilter } from '../telemetry.js';
import { origin, record } from './sample.js';

/** An implementation, in a place of its own. */
export interface Subject {
  /** The store at that place: what it held before is there. */
  open(): Promise<Telemetry>;
  clear(): Promise<void>;
}

const range = (from: number, to: number): readonly SentRecord[] =>
  Array.from({ length: to - from }, (_, at) => record(from + at));

/** What every implementation of {@link Telemetry} has to do. */
export function telemetryContract(name: string, make: () => Subject): void {
  describe(name, () => {
    let subject: Subject;
    let store: Telemetry;
    beforeEach(async () => {
      subject = make();
      store = await subject.open();
    });
    afterEach(async () => {
      await store.close();
      await subject.clear();
    });
    const seqs = async (filter: TelemetryFilter = {}): Promise<readonly number[]> =>
      (await store.query(filter, 1000)).records.map(({ seq }) => seq);

    test('gives back what it took, whole, with whose it is', async () => {
      expect(await store.append(origin(), [record(1)])).toEqual({ stored: 1, doubled: 0, missing: 0 });
      const { records, cursor } = await store.query({}, 10);
      const { body, ...rest } = { ...record(1), ...origin() };
      expect(records).toEqual([{ ...rest, body: JSON.parse(body) }]);
      expect(cursor).toBeUndefined();
    });

    test('stores a number of a process once, in whatever batches it comes, over restarts too', async () => {
      await store.append(origin(), range(1, 4));
      expect(await store.append(origin(), range(2, 6))).toEqual({ stored: 2, doubled: 2, missing: 0 });
      await store.close();
      store = await subject.open();
      expect(await store.append(origin(), range(1, 7))).toEqual({ stored: 1, doubled: 5, missing: 0 });
      expect(await seqs()).toEqual([6, 5, 4, 3, 2, 1]);
    });

    test('takes the same number of another process, and of another node, for another record', async () => {
      await store.append(origin(), [record(1)]);
      await store.append(origin(), [record(1, { boot: 'b'.repeat(32) })]);
      await store.append(origin({ nodeId: '1d1d2c7e-9a54-4f0f-8f3f-6c0f3d1f2a11' }), [record(1)]);
      expect(await seqs()).toEqual([1, 1, 1]);
    });

    test('keeps to the scopes of whoever asks, all of them together and with what is asked', async () => {
      const places = [
        ['shop', 'web'],
        ['shop', 'db'],
        ['bank', 'web'],
      ] as const;
      const records = places.map(([namespace, workload], at) => record(at + 1, { namespace, workload }));
      await store.append(origin({ cluster: 'prod' }), records);
      const within = (...scopes: readonly (readonly [string, string, string])[]) =>
        scopes.map(([cluster, namespace, workload]) => ({ cluster, namespace, workload }));
      expect(await seqs({ within: within(['*', '*', '*']) })).toEqual([3, 2, 1]);
      expect(await seqs({ within: [] })).toEqual([]);
      expect(await seqs({ within: within(['prod', 'shop', '*']) })).toEqual([2, 1]);
      expect(await seqs({ within: within(['test', '*', '*']) })).toEqual([]);
      const two = within(['prod', 'shop', 'db'], ['*', 'bank', '*']);
      expect(await seqs({ within: two })).toEqual([3, 2]);
      expect(await seqs({ within: two, namespaces: ['bank'] })).toEqual([3]);
      expect(await seqs({ within: within(["prod' OR true --", '*', '*']) })).toEqual([]);
    });

    test('gives back bodies of every size and kind, each with its own record', async () => {
      const kinds = ['detection', 'incident', 'health'] as const;
      const sizes = [0, 10, 1000, 140_000, 900_000];
      const records = Array.from({ length: 300 }, (_, at) => {
        const text = 'é'.repeat(at % 61 === 0 ? (sizes[(at / 61) % 5] ?? 0) : at);
        return record(at + 1, { kind: kinds[at % 3] ?? 'gap', body: { at, text } });
      });
      await store.append(origin(), records);
      const found = (await store.query({}, 1000)).records;
      expect(found).toHaveLength(300);
      for (const { seq, body } of found)
        expect(JSON.stringify(body) === records[seq - 1]?.body, `of ${seq}`).toBe(true);
    });

    test('says how many numbers were skipped', async () => {
      expect(await store.append(origin(), [record(3), record(6)])).toMatchObject({ stored: 2, missing: 4 });
    });

    test('stores what comes at the same time once and completely', async () => {
      const same = Array.from({ length: 5 }, () => store.append(origin(), range(1, 51)));
      const others = Array.from({ length: 5 }, (_, at) =>
        store.append(
          origin({ nodeId: `${at + 1}d1d2c7e-9a54-4f0f-8f3f-6c0f3d1f2a11`, node: `other-${at}` }),
          range(1, 11),
        ),
      );
      const ends = await Promise.all([...same, ...others]);
      expect(ends.reduce((sum, { stored }) => sum + stored, 0)).toBe(100);
      expect(await seqs({ nodes: ['node-1'] })).toHaveLength(50);
    });

    test('pages from the latest on, each record once, whatever comes meanwhile', async () => {
      await store.append(origin(), range(1, 8));
      // All at one moment: their order is that of arrival.
      const other = origin({ nodeId: '2d1d2c7e-9a54-4f0f-8f3f-6c0f3d1f2a11' });
      await store.append(
        other,
        range(1, 4).map((each) => ({ ...each, timeMs: 1_700_000_000_003 })),
      );
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.query({}, 3, cursor);
        found.push(...page.records.map(({ seq, nodeId }) => `${nodeId[0]}${seq}`));
        cursor = page.cursor;
        if (found.length === 3) await store.append(origin(), [record(8)]);
      } while (cursor !== undefined);
      expect(found).toEqual(['07', '06', '05', '04', '23', '22', '21', '03', '02', '01']);
    });

    const asked: readonly (readonly [string, TelemetryFilter, readonly number[]])[] = [
      ['the time', { fromMs: 1_700_000_000_002, toMs: 1_700_000_000_004 }, [3, 2]],
      ['kinds', { kinds: ['incident', 'gap'] }, [2]],
      ['a cluster', { clusters: ['other'] }, []],
      ['a node', { nodes: ['node-1'] }, [4, 3, 2, 1]],
      ['a namespace', { namespaces: ['bank'] }, [3]],
      ['a workload', { workloads: ['db'] }, [3]],
      ['a container', { containers: ["c'4"] }, [4]],
      ['a rule', { rules: ["'; DROP TABLE records; --"] }, [4]],
      ['priorities', { priorities: ['Critical', 'Warning'] }, [3, 2, 1]],
      ['an incident', { incidents: ['i1'] }, [2]],
      ['none of a list', { rules: [] }, []],
      ['two things at once', { namespaces: ['bank'], priorities: ['Warning'] }, [3]],
    ];
    test('finds by what it is asked, and nothing in it is taken for a command', async () => {
      await store.append(origin(), [
        record(1, { priority: 'Critical' }),
        record(2, { kind: 'incident', incident: 'i1' }),
        record(3, { namespace: 'bank', workload: 'db' }),
        record(4, { container: "c'4", rule: "'; DROP TABLE records; --", priority: 'Error' }),
      ]);
      const { records } = await store.query({}, 1000);
      for (const [what, filter, expected] of asked) {
        expect(await seqs(filter), what).toEqual(expected);
        const fitting = records.filter((each) => fits(filter, each)).map(({ seq }) => seq);
        expect(fitting, `${what}, of what was just stored`).toEqual(expected);
      }
    });

    const conditions = [
      'record.kind = detection and not incident.id exists',
      'rule.priority in (Critical, Error) or k8s.ns.name = bank',
      'k8s.ns.name != shop',
      'not k8s.ns.name = shop',
      'incident.id != x',
      'proc.name = sh and user.uid >= 0',
      'user.uid < 0.5',
      'proc.pid > 9 and proc.pid <= 12.0',
      'evt.output contains "it\'s" or evt.output icontains SHELL',
      'evt.output startswith anyof (A, It) and evt.output endswith there',
      'workload.name glob w?b and not workload.name iglob *B*',
      'workload.name iglob W*',
      'container.id glob "c\\\\**"',
      'rule.name regex "A (sh|b).*"',
      'rule.name regex shell',
      'proc.cmdline contains id and proc.aname[2] = nginx',
      'container.name exists',
      'container.name = a or container.name = b',
      'rule.name = "\'; DROP TABLE records; --"',
      'rule.name contains "$1" or rule.name in ("$$", "\'\'")',
      'evt.rawres = -1',
    ];
    test('means by a filter what it means in memory, whatever stands in it and in records', async () => {
      const process = { name: 'sh', pid: 12, uid: 0, user: 'root' };
      const fields = { 'proc.cmdline': 'sh -c id', 'proc.aname[2]': 'nginx', 'evt.rawres': -1 };
      await store.append(origin(), [
        record(1, {
          body: { process, output: "It's there", output_fields: fields, container: { name: 'a' } },
        }),
        record(2, {
          priority: 'Error',
          namespace: '',
          body: { process: { uid: 'x', pid: null }, name: 'b' },
        }),
        record(3, {
          kind: 'incident',
          incident: 'x',
          namespace: 'bank',
          workload: 'WEB',
          body: { process: [] },
        }),
        record(4, { rule: "'; DROP TABLE records; --", body: { output: 'A\nshell is there', process } }),
        record(5, { container: 'c*\u2028x', body: { output: '\ud800 A', process: { uid: 7, pid: '10' } } }),
      ]);
      const { records } = await store.query({}, 1000);
      for (const text of conditions) {
        const read = readFilter(text);
        if (!('condition' in read)) throw new Error(`${text}: ${read.message}`);
        const { condition } = read;
        const expected = records.filter((each) => fits({ condition }, each)).map(({ seq }) => seq);
        expect(await seqs({ condition }), text).toEqual(expected);
      }
      const found = conditions.map((text) => {
        const read = readFilter(text);
        return 'condition' in read ? records.filter((each) => fits(read, each)).length : 0;
      });
      const few = readFilter('proc.name = sh');
      if ('condition' in few) {
        const page = await store.query(few, 1);
        const next = await store.query(few, 1, page.cursor);
        expect([...page.records, ...next.records].map(({ seq }) => seq)).toEqual([4, 1]);
        expect(
          next.cursor === undefined || (await store.query(few, 1, next.cursor)).records.length === 0,
        ).toBe(true);
        await expect(store.count({ filter: few, bucketMs: 1000 })).rejects.toThrow(/in bodies/);
      }
      expect(found.filter((count) => count > 0).length, 'most of them find something').toBeGreaterThan(15);
    });

    test('keeps each incident as its node told it last, over restarts too', async () => {
      const told = (
        seq: number,
        incident: string,
        state: string,
        change: Parameters<typeof record>[1] = {},
      ) => record(seq, { kind: 'incident', incident, priority: 'high', body: { state, seq }, ...change });
      await store.append(origin(), [
        told(1, 'i1', 'open'),
        told(2, 'i2', 'open'),
        told(3, 'i1', 'contained'),
      ]);
      const other = origin({ nodeId: '2d1d2c7e-9a54-4f0f-8f3f-6c0f3d1f2a11', cluster: 'other' });
      await store.append(other, [told(1, 'i1', 'open', { namespace: 'bank', priority: 'low' })]);
      await store.append(origin(), [told(4, 'i2', 'resolved'), record(5)]);
      await store.close();
      store = await subject.open();
      const found = async (filter: IncidentFilter, limit = 10, cursor?: string) =>
        (await store.incidents(filter, limit, cursor)).records.map(
          ({ incident, body, cluster }) => `${incident} ${String(body.state)} ${cluster}`,
        );
      const all = ['i2 resolved main', 'i1 contained main', 'i1 open other'];
      expect(await found({})).toEqual(all);
      const { cursor } = await store.incidents({}, 2);
      expect([...(await found({}, 2)), ...(await found({}, 2, cursor))]).toEqual(all);
      expect(await found({ states: ['open', 'contained'] })).toEqual(all.slice(1));
      expect(await found({ states: [] })).toEqual([]);
      expect(await found({ within: [{ cluster: '*', namespace: 'bank', workload: '*' }] })).toEqual(
        all.slice(2),
      );
      const read = readFilter('incident.state = resolved or cluster.name = other');
      if ('condition' in read) expect(await found({ ...read, states: ['open'] })).toEqual(all.slice(2));
      expect(await store.countIncidents({})).toEqual([
        { state: 'contained', severity: 'high', count: 1 },
        { state: 'open', severity: 'low', count: 1 },
        { state: 'resolved', severity: 'high', count: 1 },
      ]);
      expect(await store.query({ kinds: ['incident'] }, 10)).toMatchObject({ records: { length: 5 } });
      await store.prune(1_700_000_000_003);
      expect(await found({})).toEqual(all.slice(0, 2));
    });

    test('tells followers what was stored, once, and finds again what they missed', async () => {
      const told: Arrival[] = [];
      const unfollow = store.follow((arrivals) => told.push(...arrivals));
      expect(store.position).toBe(0);
      await store.append(origin(), range(1, 4));
      await store.append(origin(), range(2, 5));
      unfollow();
      await store.append(origin(), range(5, 8));
      expect(told.map(({ record: { seq } }) => seq)).toEqual([1, 2, 3, 4]);
      expect(told.map(({ position }) => position)).toEqual([1, 2, 3, 4]);
      await store.close();
      store = await subject.open();
      expect(store.position).toBe(7);
      const missed = await store.since({ kinds: ['detection'] }, told.at(-1)?.position ?? 0, 2);
      expect(missed.map(({ position, record: { seq } }) => [position, seq])).toEqual([
        [5, 5],
        [6, 6],
      ]);
      expect(await store.since({ within: [] }, 0, 10)).toEqual([]);
    });

    test('counts over time, by what is asked', async () => {
      await store.append(origin(), [
        record(1, { timeMs: 60_500 }),
        record(2, { timeMs: 60_000, priority: 'Error' }),
        record(3, { timeMs: 179_999 }),
        record(4, { timeMs: 180_000 }),
      ]);
      const query = { filter: { toMs: 180_000 }, bucketMs: 60_000 };
      expect(await store.count(query)).toEqual([
        { atMs: 60_000, value: '', count: 2 },
        { atMs: 120_000, value: '', count: 1 },
      ]);
      expect((await store.count({ ...query, by: 'priority' })).slice(0, 2)).toEqual([
        { atMs: 60_000, value: 'Error', count: 1 },
        { atMs: 60_000, value: 'Warning', count: 1 },
      ]);
    });

    test('takes together what belongs together, with the latest of each and sums of what bodies have', async () => {
      const put = (seq: number, rule: string, body: Record<string, unknown>, timeMs = 1000 + seq) =>
        record(seq, { kind: 'flow', rule, body, timeMs });
      await store.append(origin(), [
        put(1, 'a', { sums: { bytes: 5 }, is: 1 }),
        put(2, 'a', { sums: { bytes: 2.5 }, is: 2 }),
        // At the same moment: the one that came later is the latest.
        put(3, 'a', { sums: {}, is: 3 }, 1002),
        put(4, 'b', { sums: { bytes: 'many' }, is: 4 }),
        put(5, 'b', { sums: { bytes: -7, '\ud800': 1 }, is: 5 }),
        record(6, { kind: 'health', rule: 'a' }),
      ]);
      const query = {
        filter: { kinds: ['flow'] as const },
        by: ['node', 'rule'] as const,
        sums: [['sums', 'bytes']],
      };
      const { groups, isWhole } = await store.group(query, 10);
      expect(isWhole).toBe(true);
      expect(
        groups.map(({ latest, count, firstMs, sums }) => [latest.rule, latest.body.is, count, firstMs, sums]),
      ).toEqual([
        ['b', 5, 2, 1004, [0]],
        ['a', 3, 3, 1001, [7.5]],
      ]);
      const some = await store.group({ ...query, sums: [] }, 1);
      expect(some).toMatchObject({ isWhole: false, groups: [{ latest: { rule: 'b' }, sums: [] }] });
      const within = [{ cluster: 'other', namespace: '*', workload: '*' }];
      expect(await store.group({ ...query, filter: { within } }, 10)).toEqual({ groups: [], isWhole: true });
    });

    test('forgets by age and kind, and knows what it forgot when it comes again', async () => {
      await store.append(origin(), [record(1), record(2, { kind: 'health' }), record(3)]);
      expect(await store.prune(1_700_000_000_003, 'health')).toBe(1);
      expect(await seqs()).toEqual([3, 1]);
      expect(await store.prune(1_700_000_000_003)).toBe(1);
      expect(await store.append(origin(), range(1, 4))).toMatchObject({ stored: 0, doubled: 3 });
      expect(await seqs()).toEqual([3]);
    });

    test('refuses cursors and spans that are none', async () => {
      for (const cursor of ['', 'x', '1', '1-', '-1-1', '1-1; DROP TABLE records', '9'.repeat(20)])
        await expect(store.query({}, 10, cursor), cursor).rejects.toThrow(/the cursor is none/);
      for (const bucketMs of [0, 999, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
        await expect(store.count({ filter: {}, bucketMs }), `${bucketMs}`).rejects.toThrow(
          /no span to count/,
        );
    });
  });
}
