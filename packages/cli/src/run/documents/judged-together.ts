import type { BundleDocument, DocumentStanding } from '@runward/protocol';
import type { SourceFile } from '@runward/rules';

/** As messages and records name it. */
export const fileOf = ({ kind, name, version, text }: BundleDocument): SourceFile => ({
  name: `server/${kind}/${name}@${version}.yaml`,
  text,
});

export interface Judged {
  /** What is to be in force: those without a problem, and for others what was sound before. */
  readonly accepted: readonly BundleDocument[];
  readonly standings: readonly DocumentStanding[];
}

export const standing = (
  { id, version }: BundleDocument,
  why = '',
  holds: number | null = null,
): DocumentStanding => ({
  ...{ id, version, why: why.slice(0, 4096), holds },
  state: why === '' ? 'in-force' : 'failed',
});

/**
 * Which of several documents can be in force together. Where they cannot all, they are added one by one, so that one with a
 * problem keeps out itself alone; then its last sound version is tried.
 */
export function judgeTogether(
  documents: readonly BundleDocument[],
  sound: readonly BundleDocument[],
  problemOf: (files: readonly SourceFile[]) => string,
): Judged {
  if (documents.length === 0 || problemOf(documents.map(fileOf)) === '')
    return { accepted: documents, standings: documents.map((each) => standing(each)) };
  const accepted: BundleDocument[] = [];
  const fits = (document: BundleDocument): string => problemOf([...accepted, document].map(fileOf));
  const standings = documents.map((document) => {
    const problem = fits(document);
    if (problem === '') {
      accepted.push(document);
      return standing(document);
    }
    const before = sound.find(({ id, version }) => id === document.id && version !== document.version);
    if (before === undefined || fits(before) !== '') return standing(document, problem);
    accepted.push(before);
    return standing(document, problem, before.version);
  });
  return { accepted, standings };
}
