import type { EffectiveLine } from '../../decide/effective.js';
import type { PathPattern } from '../../model/policy.js';
import type { Shortfalls } from '../export/exported.js';
import { defaultDenial, type ExportSubject, linesOf } from '../export/subject.js';
import { Inclusions } from './inclusions.js';
import { PATH_USES, type PathUse } from './permissions.js';

/** A pattern and what may be done to what it accepts: one label, since a file has only one. */
export interface Label {
  readonly pattern: PathPattern;
  readonly uses: readonly PathUse[];
  /** The lines that say so. */
  readonly lines: readonly EffectiveLine[];
}

export interface Labels {
  /** The more particular behind the more general, as file_contexts(5) has it: the last that fits holds. */
  readonly labels: readonly Label[];
  /** What may be done to files that no pattern accepts. */
  readonly rest: readonly PathUse[];
}

interface Entry {
  readonly line: EffectiveLine;
  readonly pattern: PathPattern;
  readonly uses: readonly PathUse[];
  /** `except`: the line does not hold here. */
  readonly undoes: boolean;
}

/** Labels for all paths the sections `file` and `process` name. */
export function labelsOf(subject: ExportSubject, shortfalls: Shortfalls): Labels {
  const entries = [
    ...linesOf(subject, 'process').flatMap((line) => programEntries(line, shortfalls)),
    ...linesOf(subject, 'file').flatMap((line) => fileEntries(line, shortfalls)),
  ];
  const inclusions = new Inclusions(entries.map(({ pattern }) => pattern));
  const rest = PATH_USES.filter(
    (use) => defaultDenial(subject, use === 'start' ? 'process' : 'file') === undefined,
  );
  const unique = [
    ...new Map(entries.map((entry) => [`${entry.pattern.kind}:${entry.pattern.text}`, entry])).values(),
  ];
  const labels = unique.map(({ pattern }) => {
    const over = entries.filter((entry) => inclusions.covers(entry.pattern, pattern));
    for (const { line, pattern: other } of entries)
      if (inclusions.crosses(other, pattern)) shortfalls.narrower(line, CROSSING);
    const decisive = over.filter(({ undoes, line }) => !undoes && !isUndone(line, over));
    const by = (verdict: 'allow' | 'deny', use: PathUse): boolean =>
      decisive.some(({ line, uses }) => line.verdict === verdict && uses.includes(use));
    const uses = PATH_USES.filter((use) => !by('deny', use) && (by('allow', use) || rest.includes(use)));
    return { pattern, uses, lines: decisive.map(({ line }) => line) };
  });
  const depth = ({ pattern }: Label): number =>
    unique.filter((other) => inclusions.covers(other.pattern, pattern)).length;
  // Of two that cross, the one that lets less happen holds.
  const order = (a: Label, b: Label): number => depth(a) - depth(b) || b.uses.length - a.uses.length;
  return { labels: labels.toSorted(order), rest };
}

const CROSSING = 'patterns that are about some of the same files, since a file has one label';

const isUndone = (line: EffectiveLine, over: readonly Entry[]): boolean =>
  over.some((entry) => entry.undoes && entry.line === line);

function programEntries(line: EffectiveLine, shortfalls: Shortfalls): readonly Entry[] {
  if (line.terms.kind === 'setting') shortfalls.wider(line, 'where a program comes from');
  if (line.terms.kind !== 'process') return [];
  const { pattern, except, sha256, arguments: args, ancestors } = line.terms.line;
  if (sha256.length > 0 || args.length > 0 || ancestors.length > 0) {
    shortfalls.wider(line, 'digests and arguments of programs, and what is above them');
    if (line.verdict === 'deny') return [];
  }
  return both(line, pattern, except, ['start']);
}

function fileEntries(line: EffectiveLine, shortfalls: Shortfalls): readonly Entry[] {
  if (line.terms.kind !== 'file') return [];
  const { pattern, except, operations, ownerOnly, from } = line.terms.line;
  if (ownerOnly) shortfalls.wider(line, 'whether a file is its user’s own');
  if (from.length > 0) shortfalls.wider(line, 'which program does it (`from`)');
  if (line.verdict === 'deny' && (ownerOnly || from.length > 0)) return [];
  return [
    ...both(line, pattern, except, operations),
    ...parentEntries(line, pattern, operations, shortfalls),
  ];
}

const OF_NAMES: ReadonlySet<string> = new Set(['create', 'delete', 'rename', 'link']);

/** Names are made in and taken from a directory, and what is made there has its label. */
function parentEntries(
  line: EffectiveLine,
  { kind, text }: PathPattern,
  uses: readonly PathUse[],
  shortfalls: Shortfalls,
): readonly Entry[] {
  if (line.verdict === 'deny' || kind === 'directory' || !uses.some((use) => OF_NAMES.has(use))) return [];
  const parent = text.slice(0, text.lastIndexOf('/'));
  if (parent === '' || (kind === 'glob' && /[*?[{\\]/.test(parent))) {
    shortfalls.narrower(line, 'in which directories names are made and taken away');
    return [];
  }
  if (!/\/\*\*$/.test(text)) shortfalls.wider(line, 'which names are made in a directory');
  return [{ line, pattern: { kind: 'path', text: parent }, uses, undoes: false }];
}

const both = (
  line: EffectiveLine,
  pattern: PathPattern,
  except: readonly PathPattern[],
  uses: readonly PathUse[],
): readonly Entry[] => [
  { line, pattern, uses, undoes: false },
  ...except.map((each) => ({ line, pattern: each, uses, undoes: true })),
];
