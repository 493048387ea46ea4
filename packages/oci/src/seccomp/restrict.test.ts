import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OciSeccomp } from '../spec/spec.js';
import { actionOf } from '../testing/filter-model.js';
import { ALL_ARCHITECTURES, mayHappen, strictness } from './actions.js';
import { EPERM, type SyscallConstraint, type SyscallDemand } from './demand.js';
import { restrictSeccomp, unseenFlags } from './restrict.js';

const architectures = ALL_ARCHITECTURES.x64 ?? [];
const allow: SyscallConstraint & { kind: 'allow' } = { kind: 'allow' };
const deny: SyscallConstraint & { kind: 'deny' } = { kind: 'deny', action: 'SCMP_ACT_ERRNO', errno: EPERM };
const NEWUSER = 0x10000000;
const NEWNS = 0x20000;
const noUserNamespace: SyscallConstraint = { kind: 'without-flags', index: 0, mask: NEWUSER + NEWNS };
const demand = (named: Record<string, SyscallConstraint>, otherwise: SyscallDemand['otherwise'] = allow): SyscallDemand => ({ otherwise, named: new Map(Object.entries(named)) }); // biome-ignore format: one line

describe('restrictSeccomp', () => {
  it('denies what is named when there was no filter, on every architecture of the machine', () => {
    expect(
      restrictSeccomp(undefined, demand({ mount: deny, bpf: deny, read: allow }), architectures),
    ).toEqual({
      seccomp: {
        defaultAction: 'SCMP_ACT_ALLOW',
        architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
        syscalls: [{ names: ['bpf', 'mount'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 }],
      },
      deniedWholly: [],
    });
  });

  const likeDockers: OciSeccomp = {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 1,
    architectures: ['SCMP_ARCH_X86_64'],
    syscalls: [
      { names: ['read', 'ptrace', 'keyctl'], action: 'SCMP_ACT_ALLOW' },
      { names: ['clone'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 0x7e020000, op: 'SCMP_CMP_MASKED_EQ' }] }, // biome-ignore format: one line
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
    ],
  };

  it('takes names out of what a filter lets through, and keeps the rest', () => {
    const { seccomp } = restrictSeccomp(
      likeDockers,
      demand({ ptrace: deny, clone3: unseenFlags }),
      architectures,
    );
    expect(seccomp).toEqual({
      ...likeDockers,
      syscalls: [
        { names: ['keyctl', 'read'], action: 'SCMP_ACT_ALLOW' },
        { ...likeDockers.syscalls?.[1] },
        { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
      ],
    });
  });

  it('lets through only what both let through when the demand lists what is allowed', () => {
    const { seccomp } = restrictSeccomp(
      likeDockers,
      demand({ read: allow, mount: allow }, deny),
      architectures,
    );
    expect(seccomp.syscalls).toEqual([
      { names: ['read'], action: 'SCMP_ACT_ALLOW' },
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
    ]);
    expect(actionOf(seccomp, 'mount', [])).toBe('SCMP_ACT_ERRNO');
  });

  it('joins masks of one argument, since a rule may compare it once', () => {
    const { seccomp } = restrictSeccomp(likeDockers, demand({ clone: noUserNamespace }), architectures);
    const clone = seccomp.syscalls?.filter(({ names }) => names.includes('clone'));
    expect(clone).toEqual([
      { names: ['clone'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 0x7e020000, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }] }, // biome-ignore format: one line
    ]);
  });

  it('kills where the policy says kill, and where the given filter killed', () => {
    const kill: SyscallConstraint = { ...deny, action: 'SCMP_ACT_KILL_PROCESS' };
    const strict: OciSeccomp = { defaultAction: 'SCMP_ACT_KILL_PROCESS', syscalls: [{ names: ['read', 'bpf'], action: 'SCMP_ACT_ALLOW' }] }; // biome-ignore format: one line
    expect(actionOf(restrictSeccomp(likeDockers, demand({ read: kill }), architectures).seccomp, 'read', [])).toBe('SCMP_ACT_KILL_PROCESS'); // biome-ignore format: one line
    const { seccomp } = restrictSeccomp(strict, demand({ mount: deny, bpf: deny }), architectures);
    expect(actionOf(seccomp, 'mount', [])).toBe('SCMP_ACT_KILL_PROCESS');
    expect(mayHappen(actionOf(seccomp, 'bpf', []))).toBe(false);
  });

  it('never lets through what the given filter or the demand does not', () => {
    const names = ['read', 'clone', 'unshare', 'mount'];
    const anyAction = fc.constantFrom('SCMP_ACT_ALLOW', 'SCMP_ACT_LOG', 'SCMP_ACT_NOTIFY', 'SCMP_ACT_ERRNO', 'SCMP_ACT_KILL_PROCESS'); // biome-ignore format: one line
    const flags = fc.constantFrom(0, 1, NEWUSER, NEWNS, NEWUSER + 1, 0x7e020000);
    const anyArgument = fc.record({
      index: fc.constantFrom(0, 1),
      value: flags,
      valueTwo: fc.constantFrom(0, NEWNS),
      op: fc.constantFrom('SCMP_CMP_EQ', 'SCMP_CMP_NE', 'SCMP_CMP_LT', 'SCMP_CMP_GE', 'SCMP_CMP_MASKED_EQ'),
    });
    const anyRule = fc.record({
      names: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }),
      action: anyAction,
      args: fc.uniqueArray(anyArgument, { maxLength: 2, selector: ({ index }) => index }),
    });
    const anyFilter = fc.option(fc.record({ defaultAction: anyAction, syscalls: fc.array(anyRule, { maxLength: 4 }) }), { nil: undefined }); // biome-ignore format: one line
    const anyConstraint = fc.constantFrom<SyscallConstraint>(allow, deny, noUserNamespace);
    const anyDemand = fc.record({
      otherwise: fc.constantFrom(allow, deny),
      named: fc.uniqueArray(fc.tuple(fc.constantFrom(...names), anyConstraint), { selector: ([name]) => name }).map((entries) => new Map(entries)), // biome-ignore format: one line
    });
    fc.assert(
      fc.property(
        anyFilter,
        anyDemand,
        fc.constantFrom(...names),
        fc.tuple(flags, flags),
        (given, asked, name, args) => {
          const { seccomp } = restrictSeccomp(given, asked, architectures);
          const before = given === undefined ? 'SCMP_ACT_ALLOW' : actionOf(given, name, args);
          const after = actionOf(seccomp, name, args);
          // What is strict enough stays as it is: a second look finds nothing to change.
          expect(restrictSeccomp(seccomp, asked, architectures).seccomp).toEqual(seccomp);
          expect(strictness(after)).toBeGreaterThanOrEqual(strictness(before));
          const constraint = asked.named.get(name) ?? asked.otherwise;
          if (constraint.kind === 'deny') expect(mayHappen(after)).toBe(false);
          const [first = 0] = args;
          if (constraint.kind === 'without-flags' && (first & constraint.mask) !== 0) expect(mayHappen(after)).toBe(false); // biome-ignore format: one line
        },
      ),
      { numRuns: 3000 },
    );
  });
});
