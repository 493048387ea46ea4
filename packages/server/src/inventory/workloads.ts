import { POLICY_MODES, type PolicyMode } from '@runward/protocol';
import type { RunningContainer } from './running-containers.js';

/** `unknown`: its node did not say yet. */
export type CoverageMode = PolicyMode | 'unknown';
export const COVERAGE_MODES = ['unknown', ...POLICY_MODES] as const satisfies readonly CoverageMode[];

export interface Workload {
  readonly cluster: string;
  readonly namespace: string;
  /** With its namespace. */
  readonly name: string;
  readonly containers: readonly RunningContainer[];
  readonly images: readonly string[];
  readonly nodes: readonly string[];
  /** The least strict of its containers, by section. */
  readonly modes: Readonly<Record<string, CoverageMode>>;
  /** The strictest of its sections. */
  readonly mode: CoverageMode;
  readonly learning: boolean;
  readonly policies: readonly string[];
  readonly problems: readonly string[];
}

const rank = (mode: CoverageMode): number => COVERAGE_MODES.indexOf(mode);
const least = (modes: readonly CoverageMode[]): CoverageMode =>
  modes.toSorted((a, b) => rank(a) - rank(b))[0] ?? 'unknown';
const most = (modes: readonly CoverageMode[]): CoverageMode =>
  modes.toSorted((a, b) => rank(b) - rank(a))[0] ?? 'unknown';
const sorted = (texts: readonly string[]): readonly string[] =>
  [...new Set(texts)].filter(Boolean).toSorted();

const nameOf = ({ body }: RunningContainer): string => body.workloadName || body.pod || body.name;

/** Replicas together, by cluster and name. */
export function workloadsOf(containers: readonly RunningContainer[]): readonly Workload[] {
  const found = Map.groupBy(containers, (each) => `${each.cluster} ${nameOf(each)}`);
  return [...found.values()].map(workloadOf).toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}
const key = ({ cluster, name }: Workload): string => `${cluster} ${name}`;

function workloadOf(containers: readonly RunningContainer[]): Workload {
  const [first] = containers;
  if (first === undefined) throw new TypeError('a group has a member');
  const sections = sorted(containers.flatMap(({ body }) => Object.keys(body.modes ?? {})));
  const modes = Object.fromEntries(
    sections.map((section) => [
      section,
      least(containers.map(({ body }) => body.modes?.[section] ?? 'unknown')),
    ]),
  );
  const learning = containers.some(({ body }) => body.learning === true);
  const strictest = most(Object.values(modes));
  return {
    ...{
      cluster: first.cluster,
      namespace: first.namespace,
      name: nameOf(first),
      containers,
      modes,
      learning,
    },
    mode: learning && strictest === 'off' ? 'learn' : strictest,
    images: sorted(containers.map(({ body }) => body.image)),
    nodes: sorted(containers.map(({ node }) => node)),
    policies: sorted(containers.flatMap(({ body }) => body.policies ?? [])),
    problems: sorted(
      containers.flatMap(({ body }) =>
        Object.entries(body.problems ?? {}).map(([section, problem]) => `${section}: ${problem}`),
      ),
    ),
  };
}
