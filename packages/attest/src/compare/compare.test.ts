import { describe, expect, it } from 'vitest';
import type { Configuration } from '../configuration/configuration.js';
import { digestOf } from '../configuration/digest.js';
import { CONFINED } from '../testing/sample.js';
import { compare } from './compare.js';

type Loose = { -readonly [K in keyof Configuration]: Configuration[K] };
const changed = (change: (c: Loose) => void): Configuration => {
  const copy = structuredClone(CONFINED) as Loose; // a copy may be changed
  change(copy);
  return copy;
};
const process = (part: Partial<Configuration['process']>) =>
  changed((c) => {
    c.process = { ...c.process, ...part };
  });

/** Every value of a configuration, changed one at a time. */
function* oneChange(value: unknown, put: (value: unknown) => unknown): Generator<unknown> {
  if (Array.isArray(value)) {
    yield put([...value, typeof value[0] === 'number' ? 77 : 'more']);
    if (value.length > 0) yield put(value.slice(1));
    for (const [i, each] of value.entries())
      if (typeof each === 'object') yield* oneChange(each, (other) => put(value.with(i, other)));
  } else if (typeof value === 'object' && value !== null)
    for (const [key, each] of Object.entries(value))
      yield* oneChange(each, (other) => put({ ...value, [key]: other }));
  else if (typeof value === 'boolean') yield put(!value);
  else if (typeof value === 'number') yield put(value + 1);
  else if (value === null) yield put(['x']);
  else yield put(`${String(value)}x`);
}

describe('compare', () => {
  it('tells nothing of two that are alike', () => {
    expect(compare(CONFINED, structuredClone(CONFINED))).toEqual([]);
    expect(digestOf(CONFINED)).toBe(digestOf(structuredClone(CONFINED)));
  });

  it('tells something, in words, whatever one value is another, and the digest is another too', () => {
    const { version: _, ...compared } = CONFINED;
    let tried = 0;
    for (const other of oneChange(compared, (value) => value)) {
      const actual = { version: 1, ...(other as object) } as Configuration; // of the same shape, with one other value
      // What is put into lists of objects is no object; those entries are tried by themselves.
      if (
        actual.mounts.some((mount) => typeof mount !== 'object') ||
        actual.beyond.some((b) => typeof b !== 'object')
      )
        continue;
      tried += 1;
      const differences = compare(CONFINED, actual);
      expect(differences.length, JSON.stringify(other)).toBeGreaterThan(0);
      expect(differences.every(({ text }) => text.length > 10)).toBe(true);
      expect(digestOf(actual)).not.toBe(digestOf(CONFINED));
    }
    expect(tried).toBeGreaterThan(60);
  });

  it.each([
    ['weaker', process({ noNewPrivileges: false }), 'process.noNewPrivileges', /no-new-privileges is off/],
    ['weaker', process({ seccomp: 'none', seccompFilters: 0 }), 'process.seccomp', /every system call/],
    [
      'weaker',
      process({ securityLabel: '' }),
      'process.securityLabel',
      /no security module confines it; `web \(enforce\)` is approved/,
    ],
    ['weaker', process({ uids: [0, 0, 0, 0] }), 'process.uids', /user `0` and not as `1000`.*that is root/],
    [
      'other',
      process({ seccompDigests: ['aa'] }),
      'process.seccompDigests',
      /same choice of `--seccomp-filters`/,
    ],
    [
      'weaker',
      changed((c) => {
        c.userMapping = [];
      }),
      'userMapping',
      /mapped `nothing` and not/,
    ],
    [
      'weaker',
      changed((c) => {
        c.limits = { ...c.limits, cpus: null };
      }),
      'limits.cpus',
      /processor time is without a limit, and limited to 1 processors as approved/,
    ],
    [
      'stronger',
      changed((c) => {
        c.limits = { ...c.limits, pids: 8 };
      }),
      'limits.pids',
      /limited to 8/,
    ],
    [
      'weaker',
      changed((c) => {
        c.mounts = c.mounts.filter(({ destination }) => destination !== '/proc/keys');
      }),
      'mounts./proc/keys',
      /not covered any more/,
    ],
    [
      'weaker',
      changed((c) => {
        c.beyond = [{ executable: '/bin/sh', what: 'capabilities', names: ['CAP_SYS_ADMIN'] }];
      }),
      'beyond.capabilities',
      /`\/bin\/sh` runs in it with `CAP_SYS_ADMIN`/,
    ],
  ])('says %s of %#', (effect, actual, what, text) => {
    expect(compare(CONFINED, actual)).toEqual([
      { effect, what, text: expect.stringMatching(text) as string },
    ]);
  });

  it('tells a capability once, with the sets it is in', () => {
    const set = ['CAP_CHOWN', 'CAP_SYS_ADMIN'];
    const actual = process({
      capabilities: { ...CONFINED.process.capabilities, bounding: set, effective: set, permitted: set },
    });
    expect(compare(CONFINED, actual).map(({ text }) => text)).toEqual([
      'its first process has `CAP_CHOWN` (effective, permitted)',
      'its first process has `CAP_SYS_ADMIN` (effective, permitted, bounding), with which it may mount, change namespaces and much else: nearly root on the host',
    ]);
  });

  it('forgives a process that may do more when it has ended', () => {
    const before = changed((c) => {
      c.beyond = [{ executable: '/bin/sh', what: 'seccomp', names: [] }];
    });
    expect(compare(before, CONFINED)).toEqual([]);
  });
});
