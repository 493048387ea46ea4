import type { Plan, Thresholds } from './plan.js';

/** What is known of one node of a stage. */
export interface NodeView {
  readonly name: string;
  /** Named in a stage: it is waited for. */
  readonly isNamed: boolean;
  readonly connected: boolean;
  /** What became of the version there. */
  readonly standing: 'in-force' | 'failed' | 'waiting';
  /** Of failed: the reason. */
  readonly why: string;
  /** Within the stage, and in the same time before the roll-out. */
  readonly denials: number;
  readonly denialsBefore: number;
  readonly detections: number;
  readonly detectionsBefore: number;
  /** What else went wrong there since the stage began, in words. */
  readonly troubles: readonly string[];
}

export interface StageView {
  readonly nowMs: number;
  readonly heldAt: number | null;
  readonly nodes: readonly NodeView[];
}

export type Judgement =
  | { readonly next: 'back'; readonly why: string }
  | { readonly next: 'wait'; readonly why: string }
  /** It holds on all of them from now on. */
  | { readonly next: 'held' }
  | { readonly next: 'advance' };

/** What is to become of a roll-out, from what its stage came to. */
export function judge(plan: Plan, stage: number, view: StageView): Judgement {
  const trouble = troubleOf(plan.thresholds, view.nodes);
  if (trouble !== undefined) return { next: 'back', why: trouble };
  const missing = view.nodes.filter(
    ({ standing, connected, isNamed }) => standing !== 'in-force' && (connected || isNamed),
  );
  if (missing.length > 0) return { next: 'wait', why: `${listed(missing)} to hold it` };
  // Nobody holds it: nothing was tried.
  if (!view.nodes.some(({ standing }) => standing === 'in-force'))
    return { next: 'wait', why: 'a node of the stage to be there' };
  if (view.heldAt === null) return { next: 'held' };
  const left = view.heldAt + (plan.stages[stage]?.soakMs ?? 0) - view.nowMs;
  return left > 0
    ? { next: 'wait', why: `${Math.ceil(left / 1000)} s without trouble` }
    : { next: 'advance' };
}

function troubleOf(
  { denials, detections, errors }: Thresholds,
  nodes: readonly NodeView[],
): string | undefined {
  const failed = nodes.filter(({ standing }) => standing === 'failed');
  const troubles = [
    ...failed.map(({ name, why }) => `node \`${name}\` refused it: ${why}`),
    ...nodes.flatMap((node) => node.troubles.map((each) => `node \`${node.name}\` ${each}`)),
  ];
  if (troubles.length > errors) {
    const [first = ''] = troubles;
    const more = troubles.length > 1 ? ` (and ${troubles.length - 1} more)` : '';
    return `${first}${more}; ${troubles.length} errors, ${errors} were allowed`;
  }
  for (const node of nodes) {
    const denied = node.denials - node.denialsBefore;
    if (denied > denials)
      return `node \`${node.name}\` had ${denied} denials more than in the same time before, ${denials} were allowed`;
    const detected = node.detections - node.detectionsBefore;
    if (detected > detections)
      return `node \`${node.name}\` had ${detected} detections more than in the same time before, ${detections} were allowed`;
  }
  return undefined;
}

const MOST_LISTED = 5;
function listed(nodes: readonly NodeView[]): string {
  const names = nodes.slice(0, MOST_LISTED).map(({ name }) => `\`${name}\``);
  const more = nodes.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}
