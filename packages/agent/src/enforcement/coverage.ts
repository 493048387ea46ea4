import {
  type Mode,
  type RuntimePolicy,
  SECTIONS,
  type SectionName,
  selectPolicies,
  type Workload,
} from '@runward/policy';
import type { ContainerStanding } from './reports.js';

/** What the policies of a machine are for one container, section by section. */
export interface Coverage {
  /** That select it. */
  readonly policies: readonly string[];
  /** The strictest mode that one of them has for the section. */
  readonly modes: Readonly<Record<SectionName, Mode>>;
  /** Why a section that is to be enforced or watched is not. */
  readonly problems: Readonly<Partial<Record<SectionName, string>>>;
}

const STRICTNESS: Readonly<Record<Mode, number>> = { off: 0, learn: 1, monitor: 2, protect: 3 };

const strictest = (modes: readonly Mode[]): Mode =>
  modes.reduce<Mode>((most, mode) => (STRICTNESS[mode] > STRICTNESS[most] ? mode : most), 'off');

/** `standing`: how they are enforced for it; undefined: nobody was asked to. */
export function coverageOf(
  policies: readonly RuntimePolicy[],
  workload: Workload,
  standing: Pick<ContainerStanding, 'sections'> | undefined,
): Coverage {
  const own = selectPolicies(policies, workload);
  const modeOf = (section: SectionName): Mode =>
    strictest(own.map((policy) => policy[section]?.mode ?? 'off'));
  const problems = (standing?.sections ?? []).flatMap(({ section, problem }) =>
    problem === '' ? [] : [[section, problem] as const],
  );
  return {
    policies: own.map(({ name }) => name),
    modes: Object.fromEntries(SECTIONS.map((section) => [section, modeOf(section)])) as Coverage['modes'], // all of them
    problems: Object.fromEntries(problems),
  };
}
