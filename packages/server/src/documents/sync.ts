import type { DocumentKind } from '@runward/protocol';
import { ServerError } from '../error.js';
import type { Actor, Document, DocumentScope, Version } from './document.js';
import { type Documents, digestOf } from './documents.js';

/** A text as a commit of a repository has it. */
export interface CommittedText extends DocumentScope {
  readonly kind: DocumentKind;
  readonly name: string;
  readonly text: string;
  /** `git COMMIT PATH`. */
  readonly source: string;
  /** Of the commit. */
  readonly author: string;
}

export interface Synced {
  /** null: there is none yet, and none was to be made. */
  readonly document: Document | null;
  readonly version: Version | null;
  /** approved: the newest version had the text already, and nobody had decided about it. */
  readonly change: 'created' | 'changed' | 'approved' | 'same';
  /** What is otherwise here than in the repository; '' where nothing is. */
  readonly drift: string;
}

const fromGit = ({ source }: Version): boolean => source.startsWith('git ');

/**
 * Makes what a repository has an approved version, if it is not the newest already. Its review was that of the commit, whose author
 * is on record.
 *
 * @throws ServerError SERVER_CONFLICT when the document holds elsewhere
 */
export async function sync(
  documents: Documents,
  committed: CommittedText,
  { by, dryRun }: { readonly by: Actor; readonly dryRun: boolean },
): Promise<Synced> {
  const { kind, name, cluster, namespace, text, source, author } = committed;
  const [there] = await documents.list({ kind, name });
  const version = { text, source, note: '', author: { id: null, name: author } };
  if (there === undefined) {
    if (dryRun) return { document: null, version: null, change: 'created', drift: '' };
    const made = await documents.create({ kind, name, cluster, namespace, owner: author }, version);
    return approved(documents, made.id, 1, { by, source, change: 'created', drift: '' });
  }
  if (there.cluster !== cluster || there.namespace !== namespace)
    throw new ServerError(
      'SERVER_CONFLICT',
      `\`${kind}/${name}\` holds in cluster \`${there.cluster}\` and namespace \`${there.namespace}\` here`,
      { help: 'where a document holds does not change: give the file another name' },
    );
  const latest = await documents.version(there.id, there.latest.number);
  const elsewhere = `version ${latest.number} is of ${latest.author.name}, not of the repository`;
  if (latest.digest === digestOf(text)) {
    const isOpen = latest.state === 'draft' || latest.state === 'review';
    const drift =
      latest.state === 'rejected' ? `version ${latest.number} has this text and was rejected here` : '';
    if (dryRun || !isOpen) return { document: there, version: latest, change: 'same', drift };
    return approved(documents, there.id, latest.number, { by, source, change: 'approved', drift });
  }
  const drift = fromGit(latest) ? '' : elsewhere;
  if (dryRun) return { document: there, version: latest, change: 'changed', drift };
  const number = await documents.save(there.id, version);
  return approved(documents, there.id, number, { by, source, change: 'changed', drift });
}

async function approved(
  documents: Documents,
  id: string,
  number: number,
  { by, source, ...rest }: { readonly by: Actor; readonly source: string } & Pick<Synced, 'change' | 'drift'>,
): Promise<Synced> {
  const { state } = await documents.version(id, number);
  if (state === 'draft') await documents.move(id, number, 'submit');
  await documents.decide(id, number, 'approve', { by, note: source });
  return { document: await documents.get(id), version: await documents.version(id, number), ...rest };
}
