import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, describe, expect, test } from 'vitest';
import type { ContainerGroups } from '../container/container-groups.js';
import { pollUntil } from '../container/poll.js';
import { isOver, membersBelow, read, statOf } from '../container/processes.js';
import { killNow } from './kill-now.js';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Groups as far as they are asked here. */
const groups = (has: (pid: number) => boolean): ContainerGroups =>
  ({ id: 'c', has }) as unknown as ContainerGroups; // nothing else is called

const descendants = (pid: number): readonly number[] =>
  read(`/proc/${pid}/task/${pid}/children`)
    .split(' ')
    .map(Number)
    .filter((child) => child > 0)
    .flatMap((child) => [child, ...descendants(child)]);
const isAlive = (pid: number): boolean => {
  const stat = statOf(pid);
  return stat !== undefined && !isOver(stat);
};

async function tree(): Promise<readonly number[]> {
  const child = spawn('sh', ['-c', "sleep 600 & sh -c 'sleep 600 & sleep 600 & wait' & wait"]);
  children.push(child);
  const pid = child.pid ?? 0;
  expect(await pollUntil(() => descendants(pid).length === 4, 10_000)).toBe(true);
  return [pid, ...descendants(pid)];
}

describe('a process that is killed at once', () => {
  test('takes its descendants with it, and nobody else', async () => {
    const [pids, others] = [await tree(), await tree()];
    const [pid = 0] = pids;
    const reached = killNow(
      groups(() => true),
      { pid },
    );
    expect(reached.toSorted()).toEqual(pids.toSorted());
    expect(reached[0]).toBe(pid);
    expect(await pollUntil(() => !pids.some(isAlive), 10_000)).toBe(true);
    expect(others.every(isAlive)).toBe(true);
    for (const each of others) process.kill(each, 'SIGKILL');
  });

  test('is left alone when it is not of the container, and so are descendants that are not', async () => {
    const pids = await tree();
    const [pid = 0, first = 0] = pids;
    const refuse = (): unknown =>
      killNow(
        groups((each) => each !== pid),
        { pid },
      );
    expect(refuse).toThrow(expect.objectContaining({ code: 'RESPOND_NOT_IN_CONTAINER' }));
    expect(pids.every(isAlive)).toBe(true);
    const reached = killNow(
      groups((each) => each !== first),
      { pid },
    );
    expect(reached).not.toContain(first);
    expect(isAlive(first)).toBe(true);
    process.kill(first, 'SIGKILL');
  });

  test('is told from one that got its number later', async () => {
    const [pid = 0] = await tree();
    const late = (): unknown =>
      killNow(
        groups(() => true),
        { pid, seenAtMs: Date.now() - 60_000 },
      );
    expect(late).toThrow(expect.objectContaining({ code: 'RESPOND_VANISHED' }));
    expect(isAlive(pid)).toBe(true);
    for (const each of [pid, ...descendants(pid)]) process.kill(each, 'SIGKILL');
  });
});

test('of a group that is gone nobody is a member', () => {
  expect(membersBelow('/sys/fs/cgroup/there-is-none')).toEqual([]);
});
