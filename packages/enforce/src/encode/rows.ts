import type { KernelNetworkRange, KernelNetworkRule, KernelRule } from '@runward/policy';
import { RwNetworkRange, RwNetworkRule, RwRule, RwRuleFlag } from '../layout.generated.js';
import { StructWriter } from './writer.js';

const flagsOf = (rule: { readonly denies: boolean; readonly enforced: boolean }): number =>
  (rule.denies ? RwRuleFlag.RW_RULE_DENY : 0) | (rule.enforced ? RwRuleFlag.RW_RULE_ENFORCED : 0);

/** `struct rw_rule`, one after another. */
export function encodeRules(
  rules: readonly KernelRule[],
  digestId: (sha256: string) => number,
): Uint8Array<ArrayBuffer> {
  const w = new StructWriter(rules.length * RwRule.size);
  rules.forEach((rule, index) => {
    const at = index * RwRule.size;
    w.u64(at + RwRule.from, rule.from);
    w.u64(at + RwRule.ancestors, rule.ancestors);
    w.u64(at + RwRule.arguments, rule.arguments);
    w.u32(at + RwRule.operations, rule.operations);
    w.u32(at + RwRule.line, rule.line);
    w.u32(at + RwRule.digest, rule.sha256 === '' ? 0 : digestId(rule.sha256));
    w.u32(at + RwRule.flags, flagsOf(rule) | (rule.ownerOnly ? RwRuleFlag.RW_RULE_OWNER : 0));
  });
  return w.bytes;
}

/** `struct rw_network_rule`, one after another. */
export function encodeNetworkRules(
  rules: readonly KernelNetworkRule[],
  nameNumber: (pattern: string) => number,
): Uint8Array<ArrayBuffer> {
  const w = new StructWriter(rules.length * RwNetworkRule.size);
  rules.forEach((rule, index) => {
    const at = index * RwNetworkRule.size;
    w.u64(at + RwNetworkRule.from, rule.from);
    w.u32(at + RwNetworkRule.line, rule.line);
    w.u16(at + RwNetworkRule.operations, rule.operations);
    w.u16(at + RwNetworkRule.families, rule.families);
    w.u16(at + RwNetworkRule.protocols, rule.protocols);
    w.u16(at + RwNetworkRule.flags, flagsOf(rule));
    w.u16(at + RwNetworkRule.port_first, rule.portFirst);
    w.u16(at + RwNetworkRule.port_last, rule.portLast);
    w.u32(at + RwNetworkRule.name, rule.name === '' ? 0 : nameNumber(rule.name));
  });
  return w.bytes;
}

/** `struct rw_network_range`, one after another. */
export function encodeNetworkRanges(ranges: readonly KernelNetworkRange[]): Uint8Array<ArrayBuffer> {
  const w = new StructWriter(ranges.length * RwNetworkRange.size);
  ranges.forEach(({ high, low, row }, index) => {
    const at = index * RwNetworkRange.size;
    w.u64(at + RwNetworkRange.high, high);
    w.u64(at + RwNetworkRange.low, low);
    w.u32(at + RwNetworkRange.row, row);
  });
  return w.bytes;
}
