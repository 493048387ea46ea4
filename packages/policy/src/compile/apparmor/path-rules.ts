import type { EffectiveLine } from '../../decide/effective.js';
import type { PathPattern } from '../../model/policy.js';
import type { Shortfalls } from '../export/exported.js';
import { Overlaps } from '../export/overlaps.js';
import { reasonOf } from '../export/reasons.js';
import { quoted, type RuleGroup } from './rule.js';

/** A line about paths in terms of a profile. */
export interface PathLine {
  readonly line: EffectiveLine;
  readonly pattern: PathPattern;
  readonly except: readonly PathPattern[];
  /** `owner ` or ''. */
  readonly owner: string;
  /** Of a rule that allows, or that denies; '' for none. */
  readonly permissions: string;
  /** What it denies beyond the policy, or allows beyond it, in words; '' when nothing. */
  readonly excess: string;
}

export interface PathRules {
  /** Texts of a pattern; undefined: it cannot be said. */
  readonly texts: (pattern: PathPattern) => readonly string[] | undefined;
  /** What is allowed when no line denies by default. */
  readonly everything: RuleGroup;
  readonly denies: EffectiveLine | undefined;
}

const EXCEPTIONS = 'these exceptions, as a rule that denies holds for all others';

/**
 * The lines of a section about paths. In a profile what denies wins, always, and no rule has exceptions; so an
 * exception of a line that allows becomes a rule that denies, where no other line allows what it takes away.
 */
export function pathRules(
  lines: readonly PathLine[],
  { texts, everything, denies }: PathRules,
  shortfalls: Shortfalls,
): readonly RuleGroup[] {
  const allows = lines.filter(({ line }) => line.verdict === 'allow');
  const overlaps = new Overlaps(lines.flatMap(({ pattern, except }) => [pattern, ...except]));
  const rules = (
    verdict: '' | 'deny ',
    { owner, permissions }: PathLine,
    pattern: PathPattern,
  ): readonly string[] | undefined =>
    texts(pattern)?.map((text) => `${verdict}${owner}${quoted(text)} ${permissions}`);
  const denial = (each: PathLine): readonly RuleGroup[] => {
    if (each.except.length > 0) {
      // Denied by default as well, unless a line allows some of it.
      const isMoot =
        denies !== undefined && !allows.some(({ pattern }) => overlaps.meet(pattern, each.pattern));
      if (!isMoot) shortfalls.wider(each.line, EXCEPTIONS);
      return [];
    }
    const said = rules('deny ', each, each.pattern);
    if (said === undefined) shortfalls.wider(each.line, INEXPRESSIBLE);
    else if (each.excess !== '') shortfalls.narrower(each.line, each.excess);
    return said === undefined ? [] : [{ comment: reasonOf(each.line), rules: said }];
  };
  const allowance = (each: PathLine): readonly RuleGroup[] => {
    const said = rules('', each, each.pattern);
    if (said === undefined) {
      shortfalls.narrower(each.line, INEXPRESSIBLE);
      return [];
    }
    if (each.excess !== '') shortfalls.wider(each.line, each.excess);
    const exceptions = each.except.flatMap((pattern) => {
      const isFree = !allows.some((other) => other !== each && overlaps.meet(other.pattern, pattern));
      const taken = isFree ? rules('deny ', { ...each, owner: '' }, pattern) : undefined;
      if (taken === undefined) shortfalls.wider(each.line, EXCEPTIONS);
      return taken ?? [];
    });
    return [{ comment: reasonOf(each.line), rules: [...said, ...exceptions] }];
  };
  const told = lines.filter(({ permissions }) => permissions !== '');
  const denials = told.filter(({ line }) => line.verdict === 'deny').flatMap(denial);
  if (denies === undefined) return [everything, ...denials];
  return [...told.filter(({ line }) => line.verdict === 'allow').flatMap(allowance), ...denials];
}

const INEXPRESSIBLE = 'this pattern';
