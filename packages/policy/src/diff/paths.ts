import type { Action, ExecAction, FileAction } from '../decide/action.js';
import { decide } from '../decide/decide.js';
import type { EffectiveLine, EffectivePolicy } from '../decide/effective.js';
import { automatonOf, eachState } from '../language/automaton.js';
import { textGlob } from '../language/relations.js';
import { FILE_OPERATIONS } from '../model/policy.js';
import type { Glob } from '../pattern/glob.js';
import { globOf, matcherOf, matchesAny } from '../pattern/path-pattern.js';
import { programsOf, textsOf } from './contexts.js';
import type { Comparison } from './difference.js';
import { Differences } from './gather.js';

/** Kinds of programs, of arguments and of digests that are told apart. */
const MAX_KINDS = 64;
/** Actions that are tried; each takes microseconds. */
const MAX_TRIED = 3_000_000;

type Section = 'file' | 'process';

const linesOf = (effective: EffectivePolicy, section: Section): readonly EffectiveLine[] =>
  effective.sections.get(section)?.lines ?? [];

/**
 * One path of each kind that the patterns of both tell apart is tried, in all circumstances that lines ask for: what no
 * line tells apart is decided alike.
 */
export function comparePaths(a: EffectivePolicy, b: EffectivePolicy, section: Section): Comparison {
  const lines = [...linesOf(a, section), ...linesOf(b, section)];
  const differences = new Differences(section);
  const limits: string[] = [];
  const circumstances =
    section === 'file' ? fileCircumstances(lines, limits) : execCircumstances(lines, limits);
  const automaton = automatonOf(globsOf(lines));
  if (automaton === undefined) {
    limits.push(`${section}: the patterns come to too many states to be compared`);
    return { changes: [], limits };
  }
  let tried = 0;
  const seen = new Set<string>();
  eachState(automaton, true, (accepts, example) => {
    // Paths that the same patterns accept are decided alike.
    const kind = accepts.join();
    if (seen.has(kind) || tried > MAX_TRIED) return;
    seen.add(kind);
    const path = example();
    const [before, after] = [about(a, section, path), about(b, section, path)];
    for (const { make, what, by } of circumstances) {
      const action = make(path);
      tried += 1;
      differences.compare(
        decide(before, action).watched,
        decide(after, action).watched,
        what,
        by,
        () => action,
      );
    }
  });
  if (tried > MAX_TRIED)
    limits.push(`${section}: only the first ${MAX_TRIED} of the actions that differ were tried`);
  return { changes: differences.changes, limits };
}

/** The policy with the lines alone whose path fits: a path is tried in many circumstances. */
function about(effective: EffectivePolicy, section: Section, path: string): EffectivePolicy {
  const found = effective.sections.get(section);
  if (found === undefined) return effective;
  const lines = found.lines.filter(
    ({ terms }) =>
      (terms.kind !== 'file' && terms.kind !== 'process') ||
      (matcherOf(terms.line.pattern)(path) && !matchesAny(terms.line.except, path)),
  );
  return { ...effective, sections: new Map([[section, { ...found, lines }]]) };
}

/** Whatever matters besides the path. */
interface Circumstance {
  readonly make: (path: string) => Action;
  readonly what: string;
  readonly by: string;
}

function globsOf(lines: readonly EffectiveLine[]): readonly Glob[] {
  const patterns = lines.flatMap(({ terms }) =>
    terms.kind === 'file' || terms.kind === 'process' ? [terms.line.pattern, ...terms.line.except] : [],
  );
  // All else there may be: what only defaults speak of.
  return [...patterns.map(globOf), globOf({ kind: 'directory', text: '/' })];
}

function fileCircumstances(lines: readonly EffectiveLine[], limits: string[]): readonly Circumstance[] {
  const fileLines = lines.flatMap(({ terms }) => (terms.kind === 'file' ? [terms.line] : []));
  const programs = programsOf(
    fileLines.map(({ from }) => from).filter((from) => from.length > 0),
    MAX_KINDS,
  );
  if (programs === undefined)
    limits.push(`file: more than ${MAX_KINDS} kinds of programs; compared for any other alone`);
  const owners = fileLines.some(({ ownerOnly }) => ownerOnly) ? [false, true] : [false];
  return owners.flatMap((owner) =>
    (programs ?? ['']).flatMap((by) =>
      FILE_OPERATIONS.map((operation) => ({
        ...{ what: operation, by },
        make: (path: string): FileAction => ({ kind: 'file', operation, path, by, owner }),
      })),
    ),
  );
}

function execCircumstances(lines: readonly EffectiveLine[], limits: string[]): readonly Circumstance[] {
  const own = lines.flatMap(({ terms }) => (terms.kind === 'process' ? [terms.line] : []));
  const ancestors = programsOf(
    own.map((line) => line.ancestors).filter((list) => list.length > 0),
    MAX_KINDS,
  );
  const texts = textsOf(
    own.map((line) => line.arguments).filter((list) => list.length > 0),
    textGlob,
    MAX_KINDS,
  );
  const digests = [undefined, ...new Set(own.flatMap(({ sha256 }) => sha256))];
  if (ancestors === undefined || texts === undefined || digests.length > MAX_KINDS)
    limits.push(
      `process: more than ${MAX_KINDS} kinds of ancestors, arguments or digests; not all were compared`,
    );
  const plain = (ancestors ?? ['']).flatMap((ancestor) =>
    (texts ?? ['']).flatMap((text) =>
      digests.slice(0, MAX_KINDS).map(
        (sha256): Circumstance => ({
          ...{ what: '', by: ancestor },
          make: (path): ExecAction => ({
            ...{ kind: 'exec', path, arguments: text, ancestors: ancestor === '' ? [] : [ancestor] },
            ...{ drifted: false, fileless: false, ...(sha256 === undefined ? {} : { sha256 }) },
          }),
        }),
      ),
    ),
  );
  const settings = lines.flatMap(({ terms }) => (terms.kind === 'setting' ? [terms.setting] : []));
  const special = [
    ...(settings.includes('drift') ? (['drifted'] as const) : []),
    ...(settings.includes('fileless') ? (['fileless'] as const) : []),
  ].map(
    (what): Circumstance => ({
      ...{ what, by: '' },
      make: (path): ExecAction => ({
        ...{ kind: 'exec', path, arguments: '', ancestors: [] },
        ...{ drifted: what === 'drifted', fileless: what === 'fileless' },
      }),
    }),
  );
  return [...plain, ...special];
}
