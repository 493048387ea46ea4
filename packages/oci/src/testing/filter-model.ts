import { strictness } from '../seccomp/actions.js';
import type { OciSeccomp, OciSyscallArgument } from '../spec/spec.js';

/**
 * What a filter does with a call: a plain reading of the specification, for tests. An unconditional rule of a call
 * stands before conditional ones, as in libseccomp; among conditional ones that hold the strictest counts.
 */
export function actionOf(filter: OciSeccomp, name: string, args: readonly number[]): string {
  const rules = (filter.syscalls ?? []).filter((rule) => rule.names.includes(name));
  const plain = rules.filter((rule) => (rule.args ?? []).length === 0);
  const holding =
    plain.length > 0 ? plain : rules.filter((rule) => (rule.args ?? []).every((each) => holds(each, args)));
  const actions = holding.map((rule) => rule.action).sort((a, b) => strictness(b) - strictness(a));
  return actions[0] ?? filter.defaultAction;
}

function holds(condition: OciSyscallArgument, args: readonly number[]): boolean {
  const given = BigInt(args[condition.index] ?? 0);
  const value = BigInt(condition.value);
  switch (condition.op) {
    case 'SCMP_CMP_EQ':
      return given === value;
    case 'SCMP_CMP_NE':
      return given !== value;
    case 'SCMP_CMP_LT':
      return given < value;
    case 'SCMP_CMP_LE':
      return given <= value;
    case 'SCMP_CMP_GT':
      return given > value;
    case 'SCMP_CMP_GE':
      return given >= value;
    case 'SCMP_CMP_MASKED_EQ':
      return (given & value) === BigInt(condition.valueTwo ?? 0);
    default:
      throw new RangeError(`no such comparison: ${condition.op}`);
  }
}
