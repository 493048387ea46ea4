import { RespondError } from '../error.js';
import type { KubernetesApi } from './kubernetes-api.js';

export interface ChangedKey {
  readonly key: string;
  /** null: it was not there. */
  readonly before: string | null;
  readonly after: string | null;
}

/** What puts an object of the API back; written down before it is changed. */
export type KubernetesUndo =
  | {
      readonly what: 'metadata';
      readonly path: string;
      readonly uid: string;
      readonly field: 'labels' | 'annotations';
      readonly changes: readonly ChangedKey[];
    }
  | {
      readonly what: 'spec';
      readonly path: string;
      readonly uid: string;
      readonly field: 'unschedulable' | 'replicas';
      readonly before: boolean | number | null;
      readonly after: boolean | number;
    }
  | { readonly what: 'created'; readonly path: string; readonly uid: string };

/**
 * Returns what was left as it is, each with why: somebody else changed it meanwhile. What is gone is nothing to do.
 *
 * @throws RespondError where trying again may help
 */
export async function undoInCluster(api: KubernetesApi, undo: KubernetesUndo): Promise<readonly string[]> {
  try {
    switch (undo.what) {
      case 'created':
        await api.delete(undo.path, undo.uid);
        return [];
      case 'metadata':
        return await undoMetadata(api, undo);
      case 'spec':
        return await undoSpec(api, undo);
    }
  } catch (error) {
    if (error instanceof RespondError && error.code === 'RESPOND_VANISHED') return [];
    throw error;
  }
}

async function undoMetadata(
  api: KubernetesApi,
  { path, uid, field, changes }: Extract<KubernetesUndo, { what: 'metadata' }>,
): Promise<readonly string[]> {
  let left: readonly ChangedKey[] = [];
  await api.change(path, ({ metadata }) => {
    if (metadata.uid !== uid) return undefined;
    const now = metadata[field] ?? {};
    left = changes.filter(({ key, before, after }) => ![before, after].includes(now[key] ?? null));
    const back = changes.filter(({ key, before, after }) => (now[key] ?? null) === after && after !== before);
    if (back.length === 0) return undefined;
    return {
      patch: { metadata: { [field]: Object.fromEntries(back.map(({ key, before }) => [key, before])) } },
    };
  });
  return left.map(({ key }) => `\`${key}\` of ${path} was left: somebody else changed it`);
}

async function undoSpec(
  api: KubernetesApi,
  { path, uid, field, before, after }: Extract<KubernetesUndo, { what: 'spec' }>,
): Promise<readonly string[]> {
  let note: readonly string[] = [];
  await api.change(path, ({ metadata, spec = {} }) => {
    const now = spec[field] ?? null;
    if (metadata.uid !== uid || now === before) return undefined;
    if (now !== after) {
      note = [`\`${field}\` of ${path} was left at ${String(now)}: somebody else changed it`];
      return undefined;
    }
    return { patch: { spec: { [field]: before } } };
  });
  return note;
}
