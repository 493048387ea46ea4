import type { ProgramState } from '@runward/sensor';
import { expect, it } from 'vitest';
import { hasTwin, missingAbilities } from './programs-text.js';

const state = (gives: string, problem = ''): ProgramState => ({
  program: { name: 'rw_x', tracepoint: 'x', optional: true, gives },
  attached: problem === '',
  problem,
});

it('nothing is missing when every program is attached', () => {
  expect(missingAbilities([state('process ancestry'), state('system calls')])).toEqual([]);
});

it('a program that is missing is named by what it gives, with the reason', () => {
  const fork = state('process ancestry', 'the kernel refused it');
  expect(missingAbilities([fork, state('system calls')])).toEqual([
    { gives: 'process ancestry', problem: 'the kernel refused it' },
  ]);
  expect(hasTwin(fork, [fork])).toBe(false);
});

it('a program made for other kernels is not missed where its twin is attached', () => {
  const older = state('io_uring requests (Linux 5.17 to 6.3)', 'no such tracepoint');
  const newer = state('io_uring requests (Linux 6.4 and newer)');
  expect(missingAbilities([older, newer])).toEqual([]);
  expect(hasTwin(older, [older, newer])).toBe(true);
});

it('twins that are both missing are told once', () => {
  const twins = [state('io_uring requests (older)', 'first'), state('io_uring requests (newer)', 'second')];
  expect(missingAbilities(twins)).toHaveLength(1);
});
