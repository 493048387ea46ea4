import { expect, test } from 'vitest';
import { RunwardError } from './error.js';

test('an error carries its code, what to do, and what it came from', () => {
  const cause = new Error('EPERM');
  const error = new RunwardError('X_FAILED', 'x failed', { help: 'run as root', cause });
  expect(error).toMatchObject({ code: 'X_FAILED', message: 'x failed', help: 'run as root', cause });
  expect(error).toBeInstanceOf(Error);
});

test('help and cause may be missing', () => {
  const error = new RunwardError('X_FAILED', 'x failed');
  expect([error.help, 'cause' in error]).toEqual(['', false]);
});
