import { describe, expect, test } from 'vitest';
import { PASSING, RespondError, respondError, unlessGone } from './error.js';

const system = (code: string): Error => Object.assign(new Error(`${code}: it was refused`), { code });

describe('what the machine says', () => {
  test.each([
    ['EPERM', 'RESPOND_DENIED', false],
    ['EACCES', 'RESPOND_DENIED', false],
    ['EROFS', 'RESPOND_DENIED', false],
    ['ENOSPC', 'RESPOND_NO_SPACE', false],
    ['EDQUOT', 'RESPOND_NO_SPACE', false],
    ['ENOENT', 'RESPOND_VANISHED', false],
    ['ENODEV', 'RESPOND_VANISHED', false],
    ['ESRCH', 'RESPOND_VANISHED', false],
    ['EBUSY', 'RESPOND_BUSY', true],
    ['EAGAIN', 'RESPOND_BUSY', true],
    ['EIO', 'RESPOND_FAILED', false],
  ])('%s is %s, which may pass: %s', (errno, code, passes) => {
    const cause = system(errno);
    const error = respondError('it was not done', cause);
    expect(error).toMatchObject({ code, cause, message: `it was not done: ${errno}: it was refused` });
    expect(PASSING.has(error.code)).toBe(passes);
    // Said once is enough.
    expect(respondError('again', error)).toBe(error);
  });

  test('of something that went away is no failure of what wanted it gone', () => {
    const fails = (errno: string) => () => {
      throw respondError('x', system(errno));
    };
    expect(unlessGone(() => 7)).toBe(7);
    expect(unlessGone(fails('ENODEV'))).toBeUndefined();
    expect(() => unlessGone(fails('EACCES'))).toThrow(RespondError);
  });
});
