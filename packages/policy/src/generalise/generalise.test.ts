import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide } from '../decide/decide.js';
import { mergePolicies } from '../decide/merge.js';
import { LIMITS } from '../model/limits.js';
import { SYSCALL_NAMES } from '../model/syscall-names.js';
import type { FileObservation, NetworkObservation, WorkloadProfile } from '../profile/profile.js';
import { arbitraryProfile } from '../profile/testing/arbitrary-profile.js';
import { actionsOf, fileAction } from '../testing/profile-actions.js';
import { generalise } from './generalise.js';
import { isSensitive } from './sensitive.js';
import { SIBLINGS, STANDARD_CALLS } from './syscall-siblings.js';

const denials = (profile: WorkloadProfile): readonly unknown[] => {
  const effective = mergePolicies([generalise(profile).policy]);
  return actionsOf(profile).filter((action) => decide(effective, action).watched.verdict === 'deny');
};

const seen = { count: 1, firstMs: 1, lastMs: 2, startup: true, steady: false, replicas: 1 };
const file = (path: string, ...operations: string[]): FileObservation => ({
  ...{ path, operations, by: ['/usr/bin/app'], ownerOnly: false, mount: 'volume', ...seen },
});
const [empty] = fc.sample(arbitraryProfile, { numRuns: 1, seed: 1 });
if (empty === undefined) throw new Error('no profile');
const none: WorkloadProfile = {
  ...empty,
  ...{ processes: [], files: [], network: [], capabilities: [], syscalls: [], kernelSurface: [] },
};
const withFiles = (...files: readonly FileObservation[]): WorkloadProfile => ({ ...none, files });

/** Names as hostile as a file system allows. */
const name = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom(...'ab019.-_*?[]{}\\,#\n\'"…\u0085\u2028 :%&'),
    minLength: 1,
    maxLength: 12,
  }),
  fc.constantFrom(
    'self',
    '[pid]',
    '[tid]',
    '*',
    'tmp',
    'proc',
    'etc',
    'lib',
    'usr',
    'x86_64-linux-gnu',
    '.ssh',
  ),
  fc.uuid(),
  fc.nat().map(String),
);
const path = fc
  .array(name, { minLength: 1, maxLength: 5 })
  .map((names) => `/${names.map((n) => n.replaceAll('/', '_').replaceAll('\0', '_')).join('/')}`)
  .filter((text) => text.isWellFormed() && !/\/\.\.?(?:\/|$)/.test(text) && !text.includes('\ufffd'));
const operations = fc.uniqueArray(
  fc.constantFrom('read', 'write', 'create', 'delete', 'rename', 'execute', 'chmod'),
  { minLength: 1, maxLength: 4 },
);
const files = fc.uniqueArray(
  fc.tuple(path, operations).map(([p, ops]) => file(p, ...ops)),
  { maxLength: 40, selector: (f) => f.path },
);

describe('a generalised policy', () => {
  test('allows everything the profile has', () => {
    fc.assert(
      fc.property(arbitraryProfile, files, (profile, more) => {
        const known = new Set(profile.files.map((f) => f.path));
        const all = { ...profile, files: [...profile.files, ...more.filter((f) => !known.has(f.path))] };
        expect(denials(all)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  test('allows no sensitive file that was not seen', () => {
    const secrets = fc.tuple(path, fc.constantFrom('/token', '/.ssh/id', '/a.key', '/.env', '/docker.sock'));
    fc.assert(
      fc.property(files, fc.array(secrets), (all, ends) => {
        const known = new Set(all.map((f) => f.path));
        const effective = mergePolicies([generalise(withFiles(...all)).policy]);
        const folders = all.map((f) => f.path.slice(0, f.path.lastIndexOf('/')));
        const targets = [
          ...ends.map(([start, end]) => start + end),
          ...folders.flatMap((folder) =>
            ['.env', 'x.key', 'token', 'id_rsa'].map((leaf) => `${folder}/${leaf}`),
          ),
          ...['/etc/shadow', '/run/secrets/x', '/proc/7/environ'],
        ].filter((p) => isSensitive(p) && !known.has(p));
        const allowed = targets.filter(
          (p) => decide(effective, fileAction('read', p)).watched.verdict === 'allow',
        );
        expect(allowed).toEqual([]);
      }),
      { numRuns: 80 },
    );
  });

  describe('of who connects', () => {
    const seenIn = (facts: Partial<NetworkObservation>): NetworkObservation => ({
      ...{
        operation: 'accept',
        family: 'ipv4',
        protocol: 'tcp',
        address: '10.0.0.9',
        port: 8080,
        names: [],
        by: [],
      },
      ...{ count: 30, firstMs: 0, lastMs: 1, startup: false, steady: true, replicas: 1 },
      ...facts,
    });
    const planned = (network: readonly NetworkObservation[], watchedMs = 3_600_000): readonly string[] => {
      const coverage = { ...none.coverage, watchedMs };
      const { text } = generalise({ ...none, network, coverage });
      return text
        .split('\n')
        .filter((row) => /accept|ingress/.test(row))
        .map((row) => row.trim());
    };

    test('allows those that did and denies others, once enough was seen', () => {
      const rows = planned([
        seenIn({}),
        seenIn({ family: 'ipv6', address: '10.0.0.10' }),
        seenIn({ address: 'fd00::1', family: 'ipv6' }),
        seenIn({ operation: 'bind', protocol: 'udp', address: '0.0.0.0', port: 53 }),
      ]);
      expect(rows[0]).toMatch(/^ingress: deny # connections from elsewhere that no line names: 90 were seen/);
      expect(rows.slice(1).map((row) => row.replace(/ #.*/, ''))).toEqual([
        '- { operation: accept, families: [ipv4], protocols: [tcp], cidrs: ["10.0.0.10/32", "10.0.0.9/32"], ports: [8080] }',
        '- { operation: accept, families: [ipv6], protocols: [tcp], cidrs: ["fd00::1/128"], ports: [8080] }',
        '- { operation: accept, families: [ipv4, ipv6], protocols: [udp], ports: [53] }',
      ]);
    });

    test.each([
      ['too few', [seenIn({ count: 19 })], 3_600_000],
      ['for too short a time', [seenIn({})], 60_000],
      ['from the container itself alone', [seenIn({ address: '127.0.0.1' })], 3_600_000],
      [
        'beside a raw socket',
        [seenIn({}), seenIn({ operation: 'create', protocol: 'raw', address: '', port: 0 })],
        3_600_000,
      ],
    ])('says nothing of them: %s', (_, network, watchedMs) => {
      expect(planned(network, watchedMs)).toEqual([]);
    });

    test('allows a whole network of which many did, and anybody where they cannot be told apart', () => {
      const many = [1, 2, 3, 4].map((n) => seenIn({ address: `10.0.0.${n}` }));
      expect(planned(many)[1]).toMatch(/cidrs: \["10\.0\.0\.0\/24"\]/);
      expect(
        planned([...many, seenIn({ address: '' })])
          .slice(1)
          .join(),
      ).toMatch(/families: \[ipv4, ipv6\], protocols: \[tcp\], ports: \[8080\] \}/);
    });
  });

  test('is the same text for the same profile in any order', () => {
    fc.assert(
      fc.property(files, fc.func(fc.integer()), (all, rank) => {
        const shuffled = all.toSorted((a, b) => rank(a.path) - rank(b.path));
        const sorted = all.toSorted((a, b) => (a.path < b.path ? -1 : 1));
        expect(generalise(withFiles(...shuffled)).text).toBe(generalise(withFiles(...sorted)).text);
      }),
      { numRuns: 50 },
    );
  });

  test('says on each line why it is there, and where each stands', () => {
    const { text, lines } = generalise(empty);
    const rows = text.split('\n');
    for (const { line, why, observations, reason } of lines) {
      expect(why).not.toBe('');
      expect(rows[line - 1]).toContain(`# ${why}`);
      if (!['setting', 'guard', 'standard'].includes(reason)) expect(observations.length).toBeGreaterThan(0);
    }
  });

  test('never allows a whole root, and nothing to be written by pattern where programs and settings are', () => {
    fc.assert(
      fc.property(files, (all) => {
        const { policy } = generalise(withFiles(...all));
        for (const { pattern, operations: ops } of policy.file?.allow ?? []) {
          if (pattern.kind !== 'path') expect(pattern.text).not.toMatch(/^\/(?:\*\*?)?$/);
          if (/^\/(?:etc|usr)\/(?:.*\/)?\*$/.test(pattern.text) && pattern.kind === 'glob')
            expect(ops).not.toContain('write');
        }
      }),
      { numRuns: 100 },
    );
  });

  test('names only system calls there are', () => {
    for (const name of [...SIBLINGS.flat(), ...STANDARD_CALLS]) expect(SYSCALL_NAMES, name).toContain(name);
  });

  test('of a profile with more lines than a policy holds is refused with the limit', () => {
    const many = Array.from({ length: LIMITS.lines + 1 }, (_, i) =>
      file(`/data/${i.toString(2).replaceAll('0', 'a').replaceAll('1', 'b')}/a`, 'read'),
    );
    expect(() => generalise(withFiles(...many))).toThrow(`${LIMITS.lines}`);
  }, 60_000);
});
