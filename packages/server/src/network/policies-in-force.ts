import { type RuntimePolicy, readPolicies } from '@runward/policy';
import type { Document, Documents } from '../documents/index.js';

export interface InForce {
  /** Of the documents that hold in a cluster. */
  readonly of: (cluster: string) => readonly RuntimePolicy[];
  readonly documents: readonly Document[];
}

/** The policies that documents have in force, as far as whoever asks sees them. What nodes were given by hand is not known. */
export async function policiesInForce(
  documents: Pick<Documents, 'list' | 'version'>,
  isSeen: (document: Document) => boolean,
): Promise<InForce> {
  const found = (await documents.list({ kind: 'policy' })).filter(
    (each) => each.inForce !== null && isSeen(each),
  );
  const read = await Promise.all(
    found.map(async (document) => {
      const { text } = await documents.version(document.id, document.inForce ?? 0);
      return { document, policies: readPolicies([{ name: document.name, text }]).policies };
    }),
  );
  return {
    documents: found,
    of: (cluster) =>
      read.flatMap(({ document, policies }) =>
        document.cluster === '*' || document.cluster === cluster ? policies : [],
      ),
  };
}
