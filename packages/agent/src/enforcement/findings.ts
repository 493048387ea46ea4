import type { PolicyFinding } from '@runward/detect';
import type { KernelVerdict } from '@runward/enforce';
import { type EffectiveLine, limitWords } from '@runward/policy';
import type { VerdictRecord } from '../verdict-desk.js';

/** What is known of a set of the kernel. */
export interface SetKnowledge {
  /** Names of the policies it was made of. */
  readonly policies: readonly string[];
  /** Line `id` is at index `id - 1`. */
  readonly lines: readonly EffectiveLine[];
}

const OUTCOMES = { denied: 'denied', killed: 'killed', 'would-deny': 'would deny' } as const;

/**
 * A verdict of the kernel, in the terms of the policy that spoke. `known` is undefined for a set nobody here made;
 * `untold` is how many of this container were counted since the last one and not sent.
 */
export function findingOf(
  verdict: KernelVerdict,
  known: SetKnowledge | undefined,
  untold: number,
): PolicyFinding {
  const line = known?.lines[verdict.line - 1];
  return {
    policy: line?.policy ?? known?.policies.join(', ') ?? `set ${verdict.set}`,
    section: verdict.section,
    file: line?.span.file ?? '',
    line: line?.span.line ?? 0,
    comment: line?.comment ?? '',
    outcome: OUTCOMES[verdict.outcome],
    mechanism: verdict.mechanism,
    operation: verdict.operation,
    object: verdict.object,
    note: [...notesOf(verdict, known, untold)].join('; '),
  };
}

function* notesOf(
  verdict: KernelVerdict,
  known: SetKnowledge | undefined,
  untold: number,
): Generator<string> {
  if (verdict.unresolved) yield 'it could not be judged, and `onFailure` decided';
  const terms = known?.lines[verdict.line - 1]?.terms;
  if (verdict.limit === true)
    yield terms?.kind === 'limit' ? `more than ${limitWords(terms)}` : 'more than a limit takes';
  if (verdict.moved) yield 'the new name would give rights that the old one does not';
  if (verdict.otherName) yield 'the file is known by another name as well, and that one decided';
  if (known === undefined)
    yield `by line ${verdict.line} of policies that were in force before this agent began, and are not any more`;
  if (untold > 0) yield `${untold} verdicts of this container before it were counted and not told`;
}

/** Turns verdicts into what the sensor's thread tells; remembers how many of each container were left out. */
export class Findings {
  readonly #suppressed = new Map<number, number>();

  recordsOf(
    verdicts: readonly KernelVerdict[],
    knownOf: (set: number) => SetKnowledge | undefined,
  ): readonly VerdictRecord[] {
    return verdicts.map((verdict) => {
      const { bootNs, cgroup, pid, startNs, uid, comm, suppressed } = verdict;
      // Starts anew when the group is bound anew.
      const before = Math.min(this.#suppressed.get(cgroup) ?? 0, suppressed);
      if (suppressed > 0) this.#suppressed.set(cgroup, suppressed);
      const finding = findingOf(verdict, knownOf(verdict.set), suppressed - before);
      return { finding, bootNs, cgroup, pid, startNs, uid, comm };
    });
  }

  forget(cgroup: number): void {
    this.#suppressed.delete(cgroup);
  }
}
