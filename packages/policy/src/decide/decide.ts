import type { Verdict } from '../model/policy.js';
import { type Action, sectionOf } from './action.js';
import type { EffectiveLine, EffectivePolicy } from './effective.js';
import { lineMatches } from './line-match.js';

/** A verdict and what gave it. */
export interface Judgement {
  readonly verdict: Verdict;
  /** The line, setting or default that decided; undefined where nothing says anything, which allows. */
  readonly line: EffectiveLine | undefined;
}

export interface Decision {
  /** By the sections in protect: what is denied here fails. */
  readonly enforced: Judgement;
  /** By those in protect or monitor: what is denied only here happens, and is reported. */
  readonly watched: Judgement;
}

const NOTHING_SAID: Judgement = Object.freeze({ verdict: 'allow', line: undefined });

/** What an effective policy says of an action: the reference that every mechanism is held against. */
export function decide(effective: EffectivePolicy, action: Action): Decision {
  const lines = effective.sections.get(sectionOf(action))?.lines ?? [];
  let enforced: Judgement | undefined;
  let watched: Judgement | undefined;
  for (const line of lines) {
    // The order of the lines is that of the ranks: the first that matches decides.
    if (watched !== undefined && line.mode !== 'protect') continue;
    if (!lineMatches(line, action)) continue;
    const judgement = { verdict: line.verdict, line };
    watched ??= judgement;
    if (line.mode === 'protect') {
      enforced = judgement;
      break;
    }
  }
  return { enforced: enforced ?? NOTHING_SAID, watched: watched ?? NOTHING_SAID };
}

/** All lines that are about an action, in the order they are tried: the first of a mode decides. */
export const linesAbout = (effective: EffectivePolicy, action: Action): readonly EffectiveLine[] =>
  (effective.sections.get(sectionOf(action))?.lines ?? []).filter((line) => lineMatches(line, action));
