import type { EffectiveLine } from '../decide/effective.js';
import { automatonOf, eachState, MAX_COMPARED_STATES } from '../language/automaton.js';
import type { FileOperation, PathPattern } from '../model/policy.js';
import type { Glob } from '../pattern/glob.js';
import { globOf } from '../pattern/path-pattern.js';
import { asksNoMore, networkNever } from './line-covers.js';

/** Why a line decides nothing. */
export type Idle =
  /** No action is about it. */
  | { readonly kind: 'never'; readonly why: string }
  /** Whatever it is about, one of these is tried before. */
  | { readonly kind: 'covered'; readonly by: readonly EffectiveLine[] };

/**
 * Lines of one section, in the order they are tried, that can decide nothing. Undefined when the patterns come to too
 * many states to find out.
 */
export function idleLines(
  lines: readonly EffectiveLine[],
  maxStates = MAX_COMPARED_STATES,
): ReadonlyMap<EffectiveLine, Idle> | undefined {
  const listed = lines.filter(
    ({ terms: { kind } }) =>
      kind !== 'default' && kind !== 'direction' && kind !== 'setting' && kind !== 'limit',
  );
  const onPaths = listed.some(({ terms }) => terms.kind === 'file' || terms.kind === 'process');
  return onPaths ? onPathsIdle(listed, maxStates) : plainIdle(listed);
}

function plainIdle(lines: readonly EffectiveLine[]): ReadonlyMap<EffectiveLine, Idle> {
  const idle = new Map<EffectiveLine, Idle>();
  lines.forEach((line, at) => {
    const why = line.terms.kind === 'network' ? networkNever(line.terms.line) : undefined;
    if (why !== undefined) {
      idle.set(line, { kind: 'never', why });
      return;
    }
    const by = lines.slice(0, at).find((other) => asksNoMore(other, line, undefined));
    if (by !== undefined) idle.set(line, { kind: 'covered', by: [by] });
  });
  return idle;
}

interface PathLine {
  readonly line: EffectiveLine;
  readonly pattern: number;
  readonly except: readonly number[];
  readonly operations: readonly (FileOperation | undefined)[];
  seen: boolean;
  live: boolean;
  readonly by: Set<EffectiveLine>;
}

function onPathsIdle(
  lines: readonly EffectiveLine[],
  maxStates: number,
): ReadonlyMap<EffectiveLine, Idle> | undefined {
  const globs: Glob[] = [];
  const numbers = new Map<string, number>();
  const numberOf = (pattern: PathPattern): number => {
    const key = `${pattern.kind}:${pattern.text}`;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, globs.length);
    globs.push(globOf(pattern));
    return globs.length - 1;
  };
  const rows = lines.flatMap((line): readonly PathLine[] => {
    if (line.terms.kind !== 'file' && line.terms.kind !== 'process') return [];
    const { pattern, except } = line.terms.line;
    const operations = line.terms.kind === 'file' ? line.terms.line.operations : [undefined];
    const state = { seen: false, live: false, by: new Set<EffectiveLine>() };
    return [{ line, pattern: numberOf(pattern), except: except.map(numberOf), operations, ...state }];
  });
  const byPattern = new Map<number, PathLine[]>();
  for (const row of rows) byPattern.set(row.pattern, [...(byPattern.get(row.pattern) ?? []), row]);
  const automaton = automatonOf(globs, maxStates);
  if (automaton === undefined) return undefined;
  eachState(automaton, true, (accepts) => {
    const accepted = new Set(accepts);
    const here = accepts
      .flatMap((pattern) => byPattern.get(pattern) ?? [])
      .filter(({ except }) => !except.some((pattern) => accepted.has(pattern)))
      .sort((a, b) => a.line.id - b.line.id);
    here.forEach((row, at) => {
      row.seen = true;
      if (!row.live) tryBefore(row, here.slice(0, at));
    });
  });
  return new Map(rows.flatMap((row) => (row.live ? [] : [[row.line, idleOf(row)] as const])));
}

/** Each operation must be taken by a line that is tried before; else the line can decide. */
function tryBefore(row: PathLine, before: readonly PathLine[]): void {
  for (const operation of row.operations) {
    const by = before.find(({ line }) => asksNoMore(line, row.line, operation));
    if (by === undefined) {
      row.live = true;
      return;
    }
    row.by.add(by.line);
  }
}

const idleOf = ({ seen, by }: PathLine): Idle =>
  seen ? { kind: 'covered', by: [...by] } : { kind: 'never', why: 'its exceptions leave nothing of it' };
