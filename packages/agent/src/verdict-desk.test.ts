import type { Detection, PolicyFinding } from '@runward/detect';
import { testContainer } from '@runward/events/testing';
import { ContainerTable, ProcessEntry } from '@runward/tracker';
import { expect, test } from 'vitest';
import { VerdictDesk, type VerdictRecord } from './verdict-desk.js';

const finding: PolicyFinding = {
  ...{ policy: 'web', section: 'file', file: 'web.yaml', line: 3, comment: '', outcome: 'denied' },
  ...{ mechanism: 'lsm', operation: 'write', object: '/x', note: '' },
};
const record = (pid: number, object = '/x'): VerdictRecord => ({
  finding: { ...finding, object },
  ...{ bootNs: 5, cgroup: 7, pid, startNs: 1_000_000_000, uid: 33, comm: 'sh' },
});
const NO_ACCOUNTS = { userName: () => undefined, userHome: () => undefined } as never; // never asked for names here

function desk() {
  const entries = new Map<number, ProcessEntry>();
  const containers = new ContainerTable();
  const create = (): ProcessEntry =>
    new ProcessEntry({ byPid: () => undefined, epochOffsetNs: 0n, asOfNs: Number.POSITIVE_INFINITY });
  const told: Detection[] = [];
  const tables = {
    processes: { byPid: (pid: number) => entries.get(pid), create },
    containers,
    epochOffsetNs: 100n,
  };
  const meet = (pid: number, startNs: number): void => {
    entries.set(pid, Object.assign(create(), { pid, startNs, comm: 'nginx', cgroup: 7 }));
  };
  const identify = (state: 'waiting' | 'known'): void => {
    const slot = containers.get(7) ?? containers.add(7, '/c', state, 0, NO_ACCOUNTS);
    Object.assign(slot, { state, info: testContainer({ name: 'web' }), accounts: { userName: () => 'www' } });
  };
  const options = { hostname: 'h', patienceMs: 1000, emit: (d: Detection) => void told.push(d) };
  return { desk: new VerdictDesk(options), tables, told, meet, identify };
}
const shown = (told: readonly Detection[]): string[] =>
  told.map((d) => `${d.process.name} ${d.policy?.object} in ${d.container?.name ?? 'nothing known'}`);

test('a verdict names the process and the container of its numbers', () => {
  const { desk: it, tables, told, meet, identify } = desk();
  meet(9, 1_000_000_000);
  identify('known');
  it.take([record(9)], tables, 0);
  expect(shown(told)).toEqual(['nginx /x in web']);
  expect(told[0]?.time).toBe('1970-01-01T00:00:00.000000105Z');
  expect(told[0]?.process.user).toBe('www');
});

test('it waits for the records that introduce them, and those behind it keep their place', () => {
  const { desk: it, tables, told, meet, identify } = desk();
  it.take([record(9, '/first')], tables, 0);
  identify('waiting');
  meet(9, 1_000_000_000);
  it.advance(tables, 10);
  expect(told).toEqual([]);
  identify('known');
  it.take([record(9, '/second')], tables, 20);
  it.advance(tables, 20);
  expect(shown(told).toSorted()).toEqual(['nginx /first in web', 'nginx /second in web']);
  expect(it.isEmpty).toBe(true);
});

test.each([
  ['nobody introduces', undefined],
  ['whose number another has by now', 9_000_000_000],
])('of a process that %s the kernel says what it can, in time', (_, startNs) => {
  const { desk: it, tables, told, meet, identify } = desk();
  if (startNs !== undefined) meet(9, startNs);
  identify('known');
  it.take([record(9)], tables, 0);
  it.advance(tables, 999);
  expect(told).toEqual([]);
  it.advance(tables, 1000);
  expect(shown(told)).toEqual(['sh /x in web']);
  expect(it.unexplained).toBe(1);
});

test('at the end everything is told', () => {
  const { desk: it, tables, told } = desk();
  it.take([record(1), record(2)], tables, 0);
  it.close(tables);
  expect(told).toHaveLength(2);
});
