import { type Action, sectionOf } from '../decide/action.js';
import { type Decision, decide, linesAbout } from '../decide/decide.js';
import type { EffectiveLine, EffectivePolicy } from '../decide/effective.js';
import type { Mode, SectionName } from '../model/policy.js';
import { linkHelp } from '../pattern/links.js';
import { limitWords } from '../words/line-words.js';
import { type NearMiss, nearMisses } from './near-miss.js';

export type Outcome = 'allow' | 'would-deny' | 'deny';

/** What an effective policy says of an action, and all that had a part in it. */
export interface Explanation {
  readonly action: Action;
  readonly section: SectionName;
  readonly outcome: Outcome;
  readonly decision: Decision;
  /** The line that gave the outcome; undefined where nothing is said. */
  readonly line: EffectiveLine | undefined;
  /** Other lines about the action, in the order they were tried. */
  readonly others: readonly EffectiveLine[];
  readonly near: readonly NearMiss[];
  /** What each policy that selects the workload has its section in; undefined: it has none. */
  readonly modes: ReadonlyMap<string, Mode | undefined>;
  /** What may be meant otherwise: a path that is mostly a link. */
  readonly notes: readonly string[];
}

/** deny: it fails. would-deny: it happens and is reported. */
export const outcomeOf = ({ enforced, watched }: Decision): Outcome => {
  if (enforced.verdict === 'deny') return 'deny';
  return watched.verdict === 'deny' ? 'would-deny' : 'allow';
};

export function explainAction(effective: EffectivePolicy, action: Action): Explanation {
  const section = sectionOf(action);
  const decision = decide(effective, action);
  const outcome = outcomeOf(decision);
  // What is allowed is so by the watched sections where one of them speaks: they are a superset.
  const { line } = outcome === 'deny' ? decision.enforced : decision.watched;
  return {
    ...{ action, section, outcome, decision, line },
    others: linesAbout(effective, action).filter((other) => other !== line),
    near: nearMisses(effective, action),
    modes: new Map(effective.policies.map((policy) => [policy.name, policy[section]?.mode])),
    notes: [
      ...notesOf(action),
      ...ifNew(effective, action, outcome),
      ...limitsOf(effective, action, outcome),
    ],
  };
}

/** What is allowed one by one, and not without end. */
function limitsOf(effective: EffectivePolicy, action: Action, outcome: Outcome): readonly string[] {
  if (action.kind !== 'network' || outcome === 'deny') return [];
  return (effective.sections.get('network')?.lines ?? []).flatMap(({ terms, policy, mode }) => {
    if (terms.kind !== 'limit') return [];
    const isAbout =
      terms.limited === 'connections'
        ? action.operation === 'connect'
        : action.operation === 'connect' || action.operation === 'accept';
    const what = mode === 'protect' ? 'are refused' : 'are reported as ones that would be';
    return isAbout ? [`more than ${limitWords(terms)} ${what} (${policy})`] : [];
  });
}

function notesOf(action: Action): readonly string[] {
  const paths = action.kind === 'exec' ? [action.path, ...action.ancestors] : action.kind === 'file' ? [action.path, action.by] : action.kind === 'network' ? [action.by] : []; // biome-ignore format: a table
  return paths.flatMap((path) => {
    const help = linkHelp(path);
    return help === undefined
      ? []
      : [`\`${path}\` is mostly a link, and policies see the file at its end: ${help}`];
  });
}

const WORDS = {
  allow: 'allowed',
  'would-deny': 'reported as one that would be denied',
  deny: 'denied',
} as const;

/** Who writes to a file that is not there creates it first. */
function ifNew(effective: EffectivePolicy, action: Action, outcome: Outcome): readonly string[] {
  if (action.kind !== 'file' || action.operation !== 'write') return [];
  const creating = outcomeOf(decide(effective, { ...action, operation: 'create' }));
  return creating === outcome ? [] : [`where the file is not there yet, creating it is ${WORDS[creating]}`];
}
