import { CELL_OWNED, HEAD_ACCEPT } from './comb.js';
import {
  FILE_OPERATION_BITS,
  type KernelChoice,
  type KernelRule,
  type KernelTables,
  NO_CHOICE,
  START_OPERATION,
} from './tables.js';

const encoder = new TextEncoder();

/** The state behind the bytes: `rw_walk` of bpf/enforce/automaton.h. */
export function walkAutomaton(
  { automaton: { cells, byteClass } }: KernelTables,
  start: number,
  text: string,
): number {
  let state = start;
  for (const byte of encoder.encode(text)) {
    const cell = 2 * (state + (byteClass[byte] ?? 0));
    const owned = (cells[cell] ?? 0) === (state | CELL_OWNED) >>> 0;
    state = (owned ? cells[cell + 1] : cells[2 * state]) ?? 0;
    if (state === 0) break;
  }
  return state;
}

/** The row behind a path or an argument list. */
export const rowAt = (tables: KernelTables, start: number, text: string): number =>
  ((tables.automaton.cells[2 * walkAutomaton(tables, start, text) + 1] ?? 0) & HEAD_ACCEPT) >>> 0;

/** What the kernel asks the rows. */
export interface KernelQuestion {
  readonly path: string;
  /** One bit: of a file operation, or START_OPERATION. */
  readonly operation: number;
  readonly arguments?: string;
  /** Executable that acts; '' for none. */
  readonly by?: string;
  readonly ancestors?: readonly string[];
  readonly owner?: boolean;
  readonly sha256?: string;
  readonly drifted?: boolean;
  readonly fileless?: boolean;
}

export interface KernelAnswer {
  readonly enforced: { readonly denied: boolean; readonly line: number };
  readonly watched: { readonly denied: boolean; readonly line: number };
}

/** Which classes of programs a path belongs to. */
export const classesOf = (tables: KernelTables, path: string): bigint =>
  tables.rules[rowAt(tables, tables.automaton.pathStart, path)]?.from ?? 0n;

/**
 * What the kernel's judge answers, as bpf/enforce/judge.h works it out: held against `decide`, which knows no
 * automaton.
 */
export function kernelJudge(tables: KernelTables, question: KernelQuestion): KernelAnswer {
  const at = rowAt(tables, tables.automaton.pathStart, question.path);
  const args = rowAt(tables, tables.automaton.argumentsStart, question.arguments ?? '');
  const asker = {
    own: question.by === undefined ? 0n : classesOf(tables, question.by),
    ancestors: (question.ancestors ?? []).reduce((bits, path) => bits | classesOf(tables, path), 0n),
    arguments: tables.automaton.argumentsStart === 0 ? 0n : (tables.rules[args]?.arguments ?? 0n),
  };
  const lines = tables.rules.slice(at + 1, at + 1 + (tables.rules[at]?.line ?? 0));
  const applies = (rule: KernelRule): boolean =>
    (rule.operations & question.operation) !== 0 &&
    (rule.from === 0n || (rule.from & asker.own) !== 0n) &&
    (rule.ancestors === 0n || (rule.ancestors & asker.ancestors) !== 0n) &&
    (rule.arguments === 0n || (rule.arguments & asker.arguments) !== 0n) &&
    (!rule.ownerOnly || question.owner === true) &&
    (rule.sha256 === '' || rule.sha256 === question.sha256);
  const matching = lines.filter(applies);
  const settings = [
    ...(question.fileless ? [tables.fileless] : []),
    ...(question.drifted ? [tables.drift] : []),
  ];
  const enforcedSetting = settings.find(({ deniedEnforced }) => deniedEnforced);
  const watchedSetting = settings.find(({ deniedWatched }) => deniedWatched);
  const fallback = fallbackOf(tables, question.operation);
  return {
    enforced: answer(
      enforcedSetting?.enforcedLine,
      matching.find(({ enforced }) => enforced),
      fallback.deniedEnforced ? fallback.enforcedLine : undefined,
    ),
    watched: answer(
      watchedSetting?.watchedLine,
      matching[0],
      fallback.deniedWatched ? fallback.watchedLine : undefined,
    ),
  };
}

function answer(
  setting: number | undefined,
  rule: KernelRule | undefined,
  fallback: number | undefined,
): KernelAnswer['enforced'] {
  if (setting !== undefined) return { denied: true, line: setting };
  if (rule !== undefined) return { denied: rule.denies, line: rule.line };
  return { denied: fallback !== undefined, line: fallback ?? 0 };
}

function fallbackOf(tables: KernelTables, operation: number): KernelChoice {
  const section =
    operation === START_OPERATION ? 'process' : operation & FILE_OPERATION_BITS ? 'file' : undefined;
  return (section === undefined ? undefined : tables.sections.get(section)?.fallback) ?? NO_CHOICE;
}
