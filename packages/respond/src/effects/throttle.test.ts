import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ContainerGroups } from '../container/container-groups.js';
import { throttle, unthrottle } from './throttle.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runward-throttle-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A group in a plain folder: files are written and read as in a cgroup. */
function group(version: 1 | 2, files: Readonly<Record<string, string>>): ContainerGroups {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), `${text}\n`);
  const own = { tree: { version, controllers: [], folder, root: '/' }, folder };
  return { mustBeOwn: () => undefined, group: () => own } as unknown as ContainerGroups; // what throttle asks of it
}
const text = (name: string): string => readFileSync(join(folder, name), 'utf8').trim();

describe('a throttle', () => {
  test.each([
    [
      1,
      { 'cpu.cfs_quota_us': '-1', 'cpu.cfs_period_us': '100000', 'pids.max': 'max' },
      { 'cpu.cfs_quota_us': '25000', 'pids.max': '50' },
    ],
    [
      1,
      { 'cpu.cfs_quota_us': '9', 'cpu.cfs_period_us': '50000', 'pids.max': '7' },
      { 'cpu.cfs_quota_us': '25000', 'cpu.cfs_period_us': '100000', 'pids.max': '50' },
    ],
    [2, { 'cpu.max': 'max 100000', 'pids.max': '100' }, { 'cpu.max': '25000 100000', 'pids.max': '50' }],
  ] as const)('of version %i sets limits, and undo puts back what was', (version, before, after) => {
    const changes = throttle(group(version, before), { cpus: 0.25, pids: 50 });
    for (const [name, expected] of Object.entries(after)) expect(text(name)).toBe(expected);
    expect(unthrottle(changes)).toEqual([]);
    for (const [name, expected] of Object.entries(before)) expect(text(name)).toBe(expected);
  });

  test('leaves what somebody else set meanwhile, and says so', () => {
    const changes = throttle(group(2, { 'pids.max': '100' }), { pids: 50 });
    writeFileSync(join(folder, 'pids.max'), '70');
    expect(unthrottle(changes)).toEqual([
      `\`${join(folder, 'pids.max')}\` is \`70\` by now, which somebody else set`,
    ]);
    expect(text('pids.max')).toBe('70');
  });

  test('of a controller that is off changes nothing', () => {
    const groups = group(2, { 'pids.max': '100' });
    expect(() => throttle(groups, { cpus: 1, pids: 50 })).toThrow(
      expect.objectContaining({ code: 'RESPOND_NO_CONTROLLER' }),
    );
    expect(text('pids.max')).toBe('100');
  });

  test('of a group that is gone is undone', () => {
    const changes = throttle(group(2, { 'pids.max': '100' }), { pids: 50 });
    rmSync(join(folder, 'pids.max'));
    expect(unthrottle(changes)).toEqual([]);
  });
});
