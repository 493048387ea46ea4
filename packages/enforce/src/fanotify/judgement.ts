import {
  judgeRow,
  type KernelTables,
  type RowQuestion,
  rowOf,
  START_OPERATION,
  walkBytes,
} from '@runward/policy';
import type { Actor } from './actors.js';

/** A line that denies an operation; line 0 where nothing could be told and denying is the safe side. */
export interface Denial {
  readonly operation: number;
  readonly line: number;
  /** Of a section in protect; else it is only watched. */
  readonly enforced: boolean;
  readonly otherName: boolean;
}

/** The names of a file: bytes, and how many of them count. The first is the one it was reached by. */
export interface FileNames {
  readonly first: Uint8Array;
  readonly firstLength: number;
  readonly others: readonly Uint8Array[];
}

/** Classes of programs of an actor, or how to find them out for a set its marks are not for. */
export interface Classes {
  readonly own: bigint;
  readonly ancestors: bigint;
}

/**
 * Whether an operation on a file is denied: by any of its names, and enforced before watched.
 */
export function judgeNames(
  tables: KernelTables,
  names: FileNames,
  question: RowQuestion,
): Denial | undefined {
  const first = judgePath(tables, names.first, names.firstLength, question, false);
  if (first?.enforced === true || names.others.length === 0) return first;
  const others = names.others.flatMap((name) => judgePath(tables, name, name.length, question, true) ?? []);
  return others.find(({ enforced }) => enforced) ?? first ?? others[0];
}

function judgePath(
  tables: KernelTables,
  path: Uint8Array,
  length: number,
  question: RowQuestion,
  otherName: boolean,
): Denial | undefined {
  const row = rowOf(tables, walkBytes(tables, tables.automaton.pathStart, path, length));
  const { enforced, watched } = judgeRow(tables, row, question);
  const { operation } = question;
  if (enforced.denied) return { operation, line: enforced.line, enforced: true, otherName };
  return watched.denied ? { operation, line: watched.line, enforced: false, otherName } : undefined;
}

/** Which line allows, for its count; 0: none. */
export function allowingLine(tables: KernelTables, names: FileNames, question: RowQuestion): number {
  const row = rowOf(tables, walkBytes(tables, tables.automaton.pathStart, names.first, names.firstLength));
  const { enforced, watched } = judgeRow(tables, row, question);
  return enforced.line || watched.line;
}

/** Whether some line about this path asks what cannot be told before the program has been started. */
export function asksLater(tables: KernelTables, names: FileNames, actor: Actor): boolean {
  const knowsAncestors = actor.classHash === tables.classHash;
  const asks = (path: Uint8Array, length: number): boolean => {
    const row = rowOf(tables, walkBytes(tables, tables.automaton.pathStart, path, length));
    const end = row + 1 + (tables.rules[row]?.line ?? 0);
    for (let at = row + 1; at < end; at += 1) {
      const rule = tables.rules[at];
      if (rule === undefined || (rule.operations & START_OPERATION) === 0) continue;
      if (rule.arguments !== 0n || rule.sha256 !== '' || (rule.ancestors !== 0n && !knowsAncestors))
        return true;
    }
    return false;
  };
  return asks(names.first, names.firstLength) || names.others.some((name) => asks(name, name.length));
}

/** Whether a line of the policy names what is denied, in contrast to a default. */
export const isByName = (tables: KernelTables, { line }: Denial): boolean =>
  tables.lines[line - 1]?.terms.kind !== 'default';
