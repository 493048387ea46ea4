import {
  type RuntimePolicy,
  SECTIONS,
  type SectionBase,
  type SectionName,
  type Verdict,
} from '../model/policy.js';
import { digestOf } from './digest.js';
import type { ActiveMode, EffectiveLine, EffectivePolicy, EffectiveSection, LineTerms } from './effective.js';
import { linesOf } from './section-lines.js';

/** A line before it has its number. */
export interface Candidate {
  readonly verdict: Verdict;
  readonly terms: LineTerms;
  readonly span: EffectiveLine['span'];
  readonly comment: string;
}

interface Contribution {
  readonly policy: string;
  readonly section: SectionBase;
  readonly mode: ActiveMode;
  readonly lines: readonly Candidate[];
}

/** The policies as one. Their order does not matter; a policy that is there twice counts once. */
export function mergePolicies(policies: readonly RuntimePolicy[]): EffectivePolicy {
  const unique = [...new Map(policies.map((policy) => [policy.name, policy])).values()];
  const sorted = unique.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const lines: EffectiveLine[] = [];
  const sections = new Map<SectionName, EffectiveSection>();
  for (const name of SECTIONS) {
    const contributions = sorted.flatMap((policy) => contributionOf(policy, name));
    if (contributions.length > 0) sections.set(name, sectionOf(name, contributions, lines));
  }
  return Object.freeze({ id: digestOf(sections), policies: sorted, sections, lines });
}

function contributionOf(policy: RuntimePolicy, name: SectionName): readonly Contribution[] {
  const section = policy[name];
  if (section === undefined || section.mode === 'off' || section.mode === 'learn') return [];
  return [{ policy: policy.name, section, mode: section.mode, lines: linesOf(policy, name) }];
}

function sectionOf(
  section: SectionName,
  contributions: readonly Contribution[],
  all: EffectiveLine[],
): EffectiveSection {
  const lines: EffectiveLine[] = [];
  for (const rank of ['deny', 'allow', 'direction', 'default'] as const) {
    for (const { policy, mode, lines: candidates } of contributions) {
      for (const candidate of candidates) {
        if (rankOf(candidate) !== rank) continue;
        const line = { id: all.length + 1, section, mode, policy, ...candidate };
        all.push(line);
        lines.push(line);
      }
    }
  }
  const enforced = contributions.some(({ mode }) => mode === 'protect');
  const deciding = contributions.filter(({ mode }) => !enforced || mode === 'protect').map((c) => c.section);
  const anySays = <K extends 'response' | 'onFailure' | 'onMissing'>(key: K, word: SectionBase[K]): boolean =>
    deciding.some((s) => s[key] === word);
  return {
    ...{ lines, enforced },
    response: anySays('response', 'kill') ? 'kill' : 'deny',
    onFailure: anySays('onFailure', 'closed') ? 'closed' : 'open',
    onMissing: anySays('onMissing', 'refuse') ? 'refuse' : 'alert',
  };
}

const rankOf = ({ verdict, terms }: Candidate): 'deny' | 'allow' | 'direction' | 'default' =>
  terms.kind === 'default' || terms.kind === 'direction' ? terms.kind : verdict;
