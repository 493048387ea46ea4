import type { Doing, Outcome } from '../actions/action.js';
import type { KubernetesApi } from './kubernetes-api.js';
import type { ChangedKey } from './undo.js';

export type Wanted = ReadonlyMap<string, string | null>;

/** `KEY=VALUE` to set, `KEY` to remove. */
export const wantedOf = (set: readonly string[], remove: readonly string[]): Wanted =>
  new Map<string, string | null>([
    ...set.map((text) => {
      const at = text.indexOf('=');
      return [text.slice(0, at), text.slice(at + 1)] as const;
    }),
    ...remove.map((key) => [key, null] as const),
  ]);

/** Labels or annotations of an object, as they are to be; those that are so already are no change. */
export async function changeMetadata(
  api: KubernetesApi,
  {
    path,
    field,
    wanted,
  }: { readonly path: string; readonly field: 'labels' | 'annotations'; readonly wanted: Wanted },
  doing: Doing,
): Promise<Outcome> {
  let changes: readonly ChangedKey[] = [];
  let planned: Parameters<Doing['settled']>[0] | undefined;
  const result = await api.change(path, ({ metadata }) => {
    const now = metadata[field] ?? {};
    changes = [...wanted].flatMap(([key, after]) => {
      const before = Object.hasOwn(now, key) ? (now[key] ?? null) : null;
      return before === after ? [] : [{ key, before, after }];
    });
    if (changes.length === 0) return undefined;
    const patch = {
      metadata: { [field]: Object.fromEntries(changes.map(({ key, after }) => [key, after])) },
    };
    return {
      patch,
      before: () => {
        if (planned !== undefined) doing.settled(planned); // of a turn that met a conflict
        planned = { step: 'kubernetes', undo: { what: 'metadata', path, uid: metadata.uid, field, changes } };
        doing.undoable(planned);
      },
    };
  });
  if (result === 'same' && planned !== undefined) doing.settled(planned);
  return { result: result === 'changed' ? 'done' : 'already', facts: { path, field, changes } };
}
