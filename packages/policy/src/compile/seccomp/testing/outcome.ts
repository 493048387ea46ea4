import type { SeccompArgument, SeccompFilter } from '../filter.js';

/** What libseccomp makes of a call under a filter: a rule without conditions counts for all, else any that fits. */
export function outcomeOf(filter: SeccompFilter, name: string, args: readonly number[]): string {
  const rules = filter.syscalls.filter((rule) => rule.names.includes(name));
  const rule =
    rules.find((each) => each.args === undefined) ??
    rules.find((each) => each.args?.every((argument) => holds(argument, args)));
  const { action, errno } = rule
    ? { action: rule.action, errno: rule.errnoRet }
    : { action: filter.defaultAction, errno: filter.defaultErrnoRet };
  if (action === 'SCMP_ACT_ALLOW') return 'allow';
  return action === 'SCMP_ACT_KILL_PROCESS' ? 'kill' : `errno ${errno ?? 1}`;
}

/** The kernel gives a filter all 64 bits of an argument. */
function holds({ index, op, value, valueTwo }: SeccompArgument, args: readonly number[]): boolean {
  const given = BigInt(args[index] ?? 0);
  if (op === 'SCMP_CMP_EQ') return given === BigInt(value);
  if (op === 'SCMP_CMP_GE') return given >= BigInt(value);
  return (given & BigInt(value)) === BigInt(valueTwo);
}
