import { type Action, sectionOf } from '../decide/action.js';
import type { EffectiveLine, EffectivePolicy } from '../decide/effective.js';
import { lineMatches } from '../decide/line-match.js';
import { matcherOf, matchesAny, textMatcher } from '../pattern/path-pattern.js';

/** A line that looks as if it were about an action and is not. */
export interface NearMiss {
  readonly line: EffectiveLine;
  /** Why it is not, in words that go behind the line. */
  readonly why: string;
}

/** Lines whose path fits, or that are about the same operation of the network, and that ask for more. */
export const nearMisses = (effective: EffectivePolicy, action: Action): readonly NearMiss[] =>
  (effective.sections.get(sectionOf(action))?.lines ?? []).flatMap((line) => {
    if (lineMatches(line, action)) return [];
    const why = whyNot(line, action);
    return why === undefined ? [] : [{ line, why }];
  });

function whyNot({ terms }: EffectiveLine, action: Action): string | undefined {
  if (terms.kind === 'file' && action.kind === 'file') {
    const { pattern, except, operations, from, ownerOnly } = terms.line;
    if (!matcherOf(pattern)(action.path)) return undefined;
    if (!operations.includes(action.operation)) return `it is about ${operations.join(', ')}`;
    if (matchesAny(except, action.path)) return 'the path is among its exceptions';
    if (from.length > 0 && !matchesAny(from, action.by)) return byWhom(action.by);
    return ownerOnly && !action.owner ? 'it asks that the user owns the file' : undefined;
  }
  if (terms.kind === 'process' && action.kind === 'exec') {
    const { pattern, except, sha256, arguments: args, ancestors } = terms.line;
    if (!matcherOf(pattern)(action.path)) return undefined;
    if (matchesAny(except, action.path)) return 'the path is among its exceptions';
    if (sha256.length > 0 && !(action.sha256 !== undefined && sha256.includes(action.sha256)))
      return action.sha256 === undefined
        ? 'it asks for a digest, and none is given (`exec sha256:… PATH`)'
        : 'it asks for another digest';
    if (args.length > 0 && !args.some((text) => textMatcher(text)(action.arguments)))
      return 'it asks for other arguments';
    if (ancestors.length > 0) return belowWhat(action.ancestors);
  }
  if (terms.kind === 'network' && action.kind === 'network' && terms.line.operation === action.operation)
    return terms.line.from.length > 0 && !matchesAny(terms.line.from, action.by)
      ? byWhom(action.by)
      : 'it asks for another family, protocol, address or port';
  return undefined;
}

const byWhom = (program: string): string =>
  program === ''
    ? 'it is about some programs, and none is named (`PROGRAM write PATH`)'
    : `it is not about \`${program}\``;

const belowWhat = (ancestors: readonly string[]): string =>
  ancestors.length === 0
    ? 'it is about what runs below some programs, and none is named (`PROGRAM exec PATH`)'
    : 'it is about what runs below other programs';
