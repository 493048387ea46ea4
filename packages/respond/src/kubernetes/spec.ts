import type { Doing, Outcome } from '../actions/action.js';
import type { KubernetesApi } from './kubernetes-api.js';

/** One field of a spec, as it is to be. */
export async function changeSpec(
  api: KubernetesApi,
  {
    path,
    field,
    after,
  }: {
    readonly path: string;
    readonly field: 'unschedulable' | 'replicas';
    readonly after: boolean | number;
  },
  doing: Doing,
): Promise<Outcome> {
  let was: boolean | number | null = null;
  let planned: Parameters<Doing['settled']>[0] | undefined;
  const result = await api.change(path, ({ metadata, spec = {} }) => {
    const now = spec[field];
    was = typeof now === 'boolean' || typeof now === 'number' ? now : null;
    if (was === after) return undefined;
    const undo = { what: 'spec', path, uid: metadata.uid, field, before: was, after } as const;
    return {
      patch: { spec: { [field]: after } },
      before: () => {
        if (planned !== undefined) doing.settled(planned); // of a turn that met a conflict
        planned = { step: 'kubernetes', undo };
        doing.undoable(planned);
      },
    };
  });
  if (result === 'same' && planned !== undefined) doing.settled(planned);
  return { result: result === 'changed' ? 'done' : 'already', facts: { path, field, before: was, after } };
}
