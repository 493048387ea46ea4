import { CELL_OWNED, HEAD_ACCEPT, HEAD_FREE_ENFORCED, HEAD_FREE_WATCHED } from './comb.js';
import {
  FILE_OPERATION_BITS,
  type KernelChoice,
  type KernelRule,
  type KernelTables,
  NO_CHOICE,
  START_OPERATION,
} from './tables.js';

const encoder = new TextEncoder();

/** The state behind `length` bytes: `rw_walk` of bpf/enforce/automaton.h. */
export function walkBytes(
  { automaton: { cells, byteClass } }: KernelTables,
  start: number,
  bytes: Uint8Array,
  length = bytes.length,
): number {
  let state = start;
  for (let i = 0; i < length && state !== 0; i += 1) {
    const cell = 2 * (state + (byteClass[bytes[i] ?? 0] ?? 0));
    const owned = (cells[cell] ?? 0) === (state | CELL_OWNED) >>> 0;
    state = (owned ? cells[cell + 1] : cells[2 * state]) ?? 0;
  }
  return state;
}

/** The row of a state. */
export const rowOf = ({ automaton: { cells } }: KernelTables, state: number): number =>
  ((cells[2 * state + 1] ?? 0) & HEAD_ACCEPT) >>> 0;

/** Whether no line and no default denies anything from a state on, in either evaluation. */
export function isFree({ automaton: { cells } }: KernelTables, state: number): boolean {
  const free = (HEAD_FREE_ENFORCED | HEAD_FREE_WATCHED) >>> 0;
  return ((cells[2 * state + 1] ?? 0) & free) >>> 0 === free;
}

/** The row behind a path or an argument list. */
export const rowAt = (tables: KernelTables, start: number, text: string): number =>
  rowOf(tables, walkBytes(tables, start, encoder.encode(text)));

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

/** What is known of who acts and of the file, in the terms of rows. */
export interface RowQuestion {
  /** One bit: of a file operation, or START_OPERATION. */
  readonly operation: number;
  /** Classes of programs the acting process and its ancestors belong to, and of its arguments. */
  readonly own: bigint;
  readonly ancestors: bigint;
  readonly arguments: bigint;
  readonly owner: boolean;
  readonly sha256?: string | undefined;
  readonly drifted?: boolean | undefined;
  readonly fileless?: boolean | undefined;
}

/** The answer of one row. */
export function judgeRow(tables: KernelTables, row: number, question: RowQuestion): KernelAnswer {
  const end = row + 1 + (tables.rules[row]?.line ?? 0);
  let watched: KernelRule | undefined;
  let enforced: KernelRule | undefined;
  for (let at = row + 1; at < end && enforced === undefined; at += 1) {
    const rule = tables.rules[at];
    if (rule === undefined || !applies(rule, question)) continue;
    watched ??= rule;
    if (rule.enforced) enforced = rule;
  }
  const fileless = question.fileless === true ? tables.fileless : NO_CHOICE;
  const drift = question.drifted === true ? tables.drift : NO_CHOICE;
  const enforcedSetting = [fileless, drift].find(({ deniedEnforced }) => deniedEnforced);
  const watchedSetting = [fileless, drift].find(({ deniedWatched }) => deniedWatched);
  const fallback = fallbackOf(tables, question.operation);
  return {
    enforced: answer(
      enforcedSetting?.enforcedLine,
      enforced,
      fallback.deniedEnforced ? fallback.enforcedLine : undefined,
    ),
    watched: answer(
      watchedSetting?.watchedLine,
      watched,
      fallback.deniedWatched ? fallback.watchedLine : undefined,
    ),
  };
}

const applies = (rule: KernelRule, question: RowQuestion): boolean =>
  (rule.operations & question.operation) !== 0 &&
  (rule.from === 0n || (rule.from & question.own) !== 0n) &&
  (rule.ancestors === 0n || (rule.ancestors & question.ancestors) !== 0n) &&
  (rule.arguments === 0n || (rule.arguments & question.arguments) !== 0n) &&
  (!rule.ownerOnly || question.owner) &&
  (rule.sha256 === '' || rule.sha256 === question.sha256);

/**
 * What the kernel's judge answers, as bpf/enforce/judge.h works it out: held against `decide`, which knows no
 * automaton.
 */
export function kernelJudge(tables: KernelTables, question: KernelQuestion): KernelAnswer {
  const { automaton } = tables;
  const args = rowAt(tables, automaton.argumentsStart, question.arguments ?? '');
  return judgeRow(tables, rowAt(tables, automaton.pathStart, question.path), {
    operation: question.operation,
    own: question.by === undefined ? 0n : classesOf(tables, question.by),
    ancestors: (question.ancestors ?? []).reduce((bits, path) => bits | classesOf(tables, path), 0n),
    arguments: automaton.argumentsStart === 0 ? 0n : (tables.rules[args]?.arguments ?? 0n),
    owner: question.owner === true,
    sha256: question.sha256,
    drifted: question.drifted,
    fileless: question.fileless,
  });
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
