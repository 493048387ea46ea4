import { compileForKernel, mergePolicies, SECTIONS } from '@runward/policy';
import { testPolicy } from '@runward/policy/testing';
import { describe, expect, it } from 'vitest';
import {
  RwChoice,
  RwLimit,
  RwRule,
  RwRuleFlag,
  RwSectionFlag,
  RwSectionRules,
  RwSet,
} from '../layout.generated.js';
import { encodeRules } from './rows.js';
import { encodeSet, hexOf } from './set.js';

function compiled(spec: object) {
  const { tables } = compileForKernel(
    mergePolicies([testPolicy(JSON.stringify(spec), 'p', { warnings: true })]),
  );
  if (tables === undefined) throw new Error('not compiled');
  return tables;
}

const digest = 'ab'.repeat(32);
const tables = compiled({
  mode: 'protect',
  process: { drift: 'deny', deny: [{ path: '/bin/nc', sha256: [digest] }] },
  file: {
    onFailure: 'closed',
    response: 'kill',
    deny: [{ path: '/etc/shadow', operations: ['read'], ownerOnly: true }],
  },
  capabilities: { deny: ['SYS_ADMIN'] },
});

describe('a set in the layout of the kernel', () => {
  const bytes = encodeSet(7, tables);
  const view = new DataView(bytes.buffer);
  const section = (name: (typeof SECTIONS)[number]): number =>
    RwSet.sections + SECTIONS.indexOf(name) * RwSectionRules.size;

  it('has its number, and the id of its policy', () => {
    expect(view.getUint32(RwSet.id, true)).toBe(7);
    expect(hexOf(bytes.subarray(RwSet.policy, RwSet.policy + 32))).toBe(tables.id);
    expect(view.getUint32(RwSet.line_count, true)).toBe(tables.lines.length);
    expect(view.getUint32(RwSet.digest_used, true)).toBe(1);
  });

  it('has what its sections say', () => {
    const { RW_SECTION_FAIL_CLOSED, RW_SECTION_KILL, RW_SECTION_ENFORCED, RW_SECTION_DENY_LINES } =
      RwSectionFlag;
    expect(view.getUint32(section('file') + RwSectionRules.flags, true)).toBe(
      RW_SECTION_FAIL_CLOSED | RW_SECTION_KILL | RW_SECTION_ENFORCED | RW_SECTION_DENY_LINES,
    );
    expect(view.getUint32(section('network') + RwSectionRules.flags, true)).toBe(0);
    expect(view.getUint32(section('file') + RwSectionRules.deniable, true)).toBe(1);
  });

  it('has the choices that need no path', () => {
    expect(view.getUint32(RwSet.drift + RwChoice.denied, true)).toBe(3);
    expect(view.getUint32(RwSet.fileless + RwChoice.denied, true)).toBe(0);
    const admin = RwSet.capabilities + 21 * RwChoice.size; // CAP_SYS_ADMIN
    expect(view.getUint32(admin + RwChoice.denied, true)).toBe(3);
    expect(view.getUint32(admin + RwChoice.size + RwChoice.denied, true)).toBe(0);
  });

  it('has limits by what they limit, those in protect before those that are lower and only watched', () => {
    const limited = mergePolicies([
      testPolicy('network: { mode: protect, limits: { connections: 50, egress: 1MiB } }', 'a'),
      testPolicy('network: { mode: monitor, limits: { connections: 20, ingress: 64KiB } }', 'b'),
      testPolicy('network: { mode: protect, limits: { connections: 40, egress: 2MiB } }', 'c'),
    ]);
    const compiled = compileForKernel(limited).tables;
    if (compiled === undefined) throw new Error('not compiled');
    const set = new DataView(encodeSet(1, compiled).buffer);
    const limits = Array.from({ length: 6 }, (_, index) => {
      const at = RwSet.limits + index * RwLimit.size;
      const line = limited.lines[set.getUint32(at + RwLimit.line, true) - 1];
      return [Number(set.getBigUint64(at + RwLimit.per_second, true)), line?.policy];
    });
    expect(limits).toEqual([
      [40, 'c'],
      [20, 'b'],
      [1_048_576, 'a'],
      [0, undefined],
      [0, undefined],
      [65_536, 'b'],
    ]);
    expect(set.getUint32(RwSet.limited, true)).toBe(7);
  });

  it('refuses what is no id of a policy', () => {
    expect(() => encodeSet(1, { ...tables, id: 'x' })).toThrow(RangeError);
  });
});

describe('rules in the layout of the kernel', () => {
  it('name digests by number and say what kind of line they are', () => {
    const asked: string[] = [];
    const bytes = encodeRules(tables.rules, (sha256) => asked.push(sha256));
    const view = new DataView(bytes.buffer);
    expect(bytes.length).toBe(tables.rules.length * RwRule.size);
    expect(asked).toEqual([digest]);
    tables.rules.forEach((rule, index) => {
      const flags = view.getUint32(index * RwRule.size + RwRule.flags, true);
      expect((flags & RwRuleFlag.RW_RULE_DENY) !== 0).toBe(rule.denies);
      expect((flags & RwRuleFlag.RW_RULE_ENFORCED) !== 0).toBe(rule.enforced);
      expect((flags & RwRuleFlag.RW_RULE_OWNER) !== 0).toBe(rule.ownerOnly);
      expect(view.getUint32(index * RwRule.size + RwRule.line, true)).toBe(rule.line);
      expect(view.getUint32(index * RwRule.size + RwRule.digest, true)).toBe(rule.sha256 === '' ? 0 : 1);
    });
  });
});
