import {
  decide,
  type EffectiveLine,
  type EffectivePolicy,
  lineWords,
  mergePolicies,
  type NetworkLine,
  type RuntimePolicy,
  selectPolicies,
} from '@runward/policy';
import type { FlowBody } from '@runward/protocol';
import { stepsOf, workloadOf } from './as-action.js';
import type { ClusterEdge, EdgeVerdict } from './cluster-map.js';
import type { RecordedFlow } from './recorded-flow.js';

/** `partly`: some addresses of the other end are denied. `unknown`: nothing says who was at the other end. */
export const OUTCOMES = ['denied', 'partly', 'would-deny', 'allowed', 'unknown'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface SimulatedLine {
  readonly policy: string;
  readonly line: number;
  readonly words: string;
}

/** What the policies make of the flows at one end of an edge. */
export interface SimulatedEnd {
  readonly edge: string;
  readonly role: 'client' | 'server';
  readonly cluster: string;
  readonly client: string;
  readonly server: string;
  readonly protocol: string;
  readonly port: number;
  readonly connections: number;
  /** What came of the edge when it was recorded. */
  readonly before: EdgeVerdict;
  readonly after: Outcome;
  /** That decided, where something was denied or would be. */
  readonly line: SimulatedLine | null;
  readonly policies: readonly string[];
}

export interface Simulation {
  /** The worst first. */
  readonly ends: readonly SimulatedEnd[];
  readonly connections: Readonly<Record<Outcome, number>>;
  /** Connections of containers that the policies do not select, and of ends that are no container of a node. */
  readonly notSelected: number;
  /** Lines that name programs: which program it was is not recorded, so they fit nothing. */
  readonly linesOfPrograms: number;
}

/** Judges recorded flows by the policies of their cluster, as if these alone had been in force when they were recorded. */
export function simulate(
  edges: readonly ClusterEdge[],
  policiesOf: (cluster: string) => readonly RuntimePolicy[],
): Simulation {
  const judging = new Map(
    [...new Set(edges.map(({ cluster }) => cluster))].map((each) => [each, policiesOf(each)]),
  );
  const merged = new Map<string, EffectivePolicy>();
  const effectiveOf = (cluster: string, own: readonly RuntimePolicy[]): EffectivePolicy => {
    const key = `${cluster} ${own.map(({ name }) => name).join(' ')}`;
    const known = merged.get(key) ?? mergePolicies(own);
    merged.set(key, known);
    return known;
  };
  const ends: SimulatedEnd[] = [];
  let notSelected = 0;
  for (const edge of edges)
    for (const role of ['client', 'server'] as const) {
      const own = edge.flows.filter(({ body }) => body.role === role);
      const judged = own.flatMap((flow) => {
        const { container } = flow.body.self;
        const selecting =
          container === null ? [] : selectPolicies(judging.get(edge.cluster) ?? [], workloadOf(container));
        if (selecting.length === 0) notSelected += flow.sums.connections;
        return selecting.length === 0 ? [] : [judge(flow, effectiveOf(edge.cluster, selecting))];
      });
      const names = [...new Set(judged.flatMap((each) => each.policies))].toSorted();
      if (judged.length > 0) ends.push({ ...endOf(edge, role, judged), policies: names });
    }
  return {
    ends: ends.toSorted(
      (a, b) => OUTCOMES.indexOf(a.after) - OUTCOMES.indexOf(b.after) || b.connections - a.connections,
    ),
    connections: Object.fromEntries(
      OUTCOMES.map((outcome) => [outcome, sumOf(ends, outcome)]),
    ) as Simulation['connections'], // each
    notSelected,
    linesOfPrograms: new Set([...judging.values()].flat().flatMap(programLines)).size,
  };
}

const sumOf = (ends: readonly SimulatedEnd[], outcome: Outcome): number =>
  ends.reduce((sum, { after, connections }) => sum + (after === outcome ? connections : 0), 0);

const programLines = ({ network }: RuntimePolicy): readonly NetworkLine[] =>
  [...(network?.allow ?? []), ...(network?.deny ?? [])].filter(({ from }) => from.length > 0);

interface Judged {
  readonly outcome: Outcome;
  readonly line: EffectiveLine | undefined;
  readonly connections: number;
  readonly policies: readonly string[];
}

function judge({ body, sums }: RecordedFlow, effective: EffectivePolicy): Judged {
  const policies = effective.policies.map(({ name }) => name);
  const common = { connections: sums.connections, policies };
  if (body.peer.kind === 'others') return { ...common, outcome: 'unknown', line: undefined };
  const each = stepsOf(effective, body).map((steps) => {
    const decisions = steps.map((step) => decide(effective, step));
    const enforced = decisions.find((decision) => decision.enforced.verdict === 'deny')?.enforced;
    const watched = decisions.find((decision) => decision.watched.verdict === 'deny')?.watched;
    return { enforced, watched };
  });
  const denied = each.filter(({ enforced }) => enforced !== undefined);
  const reported = each.find(({ watched }) => watched !== undefined);
  if (denied.length > 0)
    return {
      ...{ ...common, line: denied[0]?.enforced?.line },
      outcome: denied.length === each.length && body.peer.more === 0 ? 'denied' : 'partly',
    };
  return {
    ...common,
    outcome: reported === undefined ? 'allowed' : 'would-deny',
    line: reported?.watched?.line,
  };
}

function endOf(
  edge: ClusterEdge,
  role: FlowBody['role'],
  judged: readonly Judged[],
): Omit<SimulatedEnd, 'policies'> {
  const outcomes = new Set(judged.map(({ outcome }) => outcome));
  const worst = OUTCOMES.find((outcome) => outcomes.has(outcome)) ?? 'allowed';
  const after = worst === 'denied' && outcomes.size > 1 ? 'partly' : worst;
  const line = judged.find(({ outcome }) => outcome === worst)?.line;
  const { id, cluster, client, server, protocol, port, verdict } = edge;
  return {
    ...{ edge: id, role, cluster, client, server, protocol, port, before: verdict, after },
    connections: judged.reduce((sum, { connections }) => sum + connections, 0),
    line: line === undefined ? null : { policy: line.policy, line: line.span.line, words: lineWords(line) },
  };
}
