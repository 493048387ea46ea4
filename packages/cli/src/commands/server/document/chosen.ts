import { type Parsed, UsageError } from '../../../command.js';
import type { AskApi } from '../../../server-api.js';

export const KINDS = ['policy', 'rules', 'playbook', 'drill'] as const;

/** A document as the API tells it. */
export interface ShownDocument {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly owner: string;
  readonly inForce: number | null;
  readonly latest: { readonly number: number; readonly state: string };
}

/** `KIND/NAME`. @throws UsageError */
export function namedDocument(text: string | undefined): { readonly kind: string; readonly name: string } {
  const [, kind, name] = /^([a-z]+)\/([a-z0-9-]+)$/.exec(text ?? '') ?? [];
  if (kind !== undefined && name !== undefined && (KINDS as readonly string[]).includes(kind))
    return { kind, name };
  throw new UsageError(
    text === undefined ? 'which document is missing' : `\`${text}\` names no document`,
    `write KIND/NAME, such as \`policy/web\`; kinds are ${KINDS.join(', ')}`,
  );
}

export async function findDocument(
  ask: AskApi,
  text: string | undefined,
): Promise<ShownDocument | undefined> {
  const { items } = (await ask('listDocuments', { query: namedDocument(text) })) as {
    readonly items: readonly ShownDocument[];
  }; // the answer of the operation
  return items[0];
}

/** @throws UsageError when there is none */
export async function theDocument(ask: AskApi, text: string | undefined): Promise<ShownDocument> {
  const found = await findDocument(ask, text);
  if (found !== undefined) return found;
  throw new UsageError(`there is no document \`${text}\``, '`runward server document list` shows them');
}

/** A version that was named, or the newest. @throws UsageError */
export function versionOf(text: string | undefined, { latest }: ShownDocument): number {
  if (text === undefined) return latest.number;
  if (!/^[1-9]\d{0,6}$/.test(text))
    throw new UsageError(`\`${text}\` is no version`, 'write its number: `3`');
  return Number(text);
}

/** @throws UsageError for more than was asked for */
export function only(args: Parsed, most: number): void {
  const more = args.rest[most];
  if (more !== undefined)
    throw new UsageError(`unexpected \`${more}\``, '`runward server document --help` shows what goes where');
}
