import type { ObservedAction } from '@runward/policy/observe';
import type { Draft } from './incident.js';

/** What is looked for in an incident with each detection. Made again from what is stored; never part of it. */
export interface DraftIndex {
  readonly processes: Map<string, Draft['processes'][number]>;
  readonly actions: Set<string>;
}

const indexes = new WeakMap<Draft, DraftIndex>();

export function indexOf(draft: Draft): DraftIndex {
  const known = indexes.get(draft);
  if (known !== undefined) return known;
  const index: DraftIndex = {
    processes: new Map(draft.processes.map((process) => [process.key, process])),
    actions: new Set(draft.actions.map(actionKey)),
  };
  indexes.set(draft, index);
  return index;
}

export const actionKey = (action: ObservedAction): string => JSON.stringify(action);
