import { parseAddress } from '@runward/core';
import { KERNEL_LIMITS } from './limits.js';
import { type KernelNetwork, type KernelNetworkRule, type KernelTables, NO_CHOICE } from './tables.js';
import type { KernelAnswer } from './walk.js';

/** What the kernel asks the rows of network lines: bits as those of a rule. */
export interface KernelNetworkQuestion {
  readonly operation: number;
  readonly family: number;
  /** 0: none of the names fits. */
  readonly protocol: number;
  readonly address?: string;
  readonly port?: number;
  /** Patterns of names that the address was given. */
  readonly names?: readonly string[];
  /** Classes of the acting program. */
  readonly own: bigint;
}

const CREATE = 8;
const ACCEPT = 16;
const WORD = 0xffff_ffff_ffff_ffffn;

/** What the kernel's judge answers, as bpf/enforce/network.h works it out: held against `decide`. */
export function kernelNetworkJudge(tables: KernelTables, question: KernelNetworkQuestion): KernelAnswer {
  const { network } = tables;
  const rows =
    question.operation === CREATE ? createRows(network) : [0, ...addressRows(network, question.address)];
  const matching = rows
    .flatMap((row) => network.rules.slice(row + 1, row + 1 + (network.rules[row]?.line ?? 0)))
    .filter((rule) => applies(rule, question))
    .sort((a, b) => a.line - b.line);
  const byDefault = tables.sections.get('network')?.fallback ?? NO_CHOICE;
  const fallback = question.operation === ACCEPT ? NO_CHOICE : byDefault;
  return {
    enforced: answer(
      matching.find(({ enforced }) => enforced),
      fallback.deniedEnforced ? fallback.enforcedLine : undefined,
    ),
    watched: answer(matching[0], fallback.deniedWatched ? fallback.watchedLine : undefined),
  };
}

const createRows = ({ createRow }: KernelNetwork): number[] => (createRow === 0 ? [] : [createRow]);

function addressRows({ ranges }: KernelNetwork, address: string | undefined): number[] {
  const words = address === undefined ? undefined : parseAddress(address);
  if (words === undefined) return [];
  const value = words.reduce((sum, word) => (sum << 32n) | BigInt(word), words.length === 1 ? 0xffffn : 0n);
  let low = 0;
  let high = Math.min(ranges.length, KERNEL_LIMITS.networkRanges);
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    const range = ranges[middle];
    if (range !== undefined && ((range.high << 64n) | range.low) <= (value & ((WORD << 64n) | WORD)))
      low = middle;
    else high = middle;
  }
  const row = ranges[low]?.row ?? 0;
  return row === 0 ? [] : [row];
}

const applies = (rule: KernelNetworkRule, question: KernelNetworkQuestion): boolean =>
  (rule.operations & question.operation) !== 0 &&
  (rule.families === 0 || (rule.families & question.family) !== 0) &&
  (rule.protocols === 0 || (rule.protocols & question.protocol) !== 0) &&
  (rule.name === '' || question.names?.includes(rule.name) === true) &&
  (rule.from === 0n || (rule.from & question.own) !== 0n) &&
  ((rule.portFirst === 0 && rule.portLast === 65_535) ||
    (question.port !== undefined && rule.portFirst <= question.port && question.port <= rule.portLast));

function answer(rule: KernelNetworkRule | undefined, fallback: number | undefined): KernelAnswer['enforced'] {
  if (rule !== undefined) return { denied: rule.denies, line: rule.line };
  return { denied: fallback !== undefined, line: fallback ?? 0 };
}
