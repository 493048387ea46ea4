import type { FileState } from '../scan/file-state.js';
import { lineDiff } from './line-diff.js';

export type ChangeKind = 'new' | 'removed' | 'content' | 'attributes' | 'kind';

/** A file that is not what it was. */
export interface FileChange {
  readonly kind: ChangeKind;
  readonly path: string;
  readonly before: Omit<FileState, 'text'> | null;
  readonly after: Omit<FileState, 'text'> | null;
  /** In plain words. */
  readonly text: string;
  /** Lines of a small text file; empty where none was kept. */
  readonly diff: readonly string[];
}

/** Pure. undefined: it is as it was. Times alone are no change. */
export function changeOf(
  path: string,
  before: FileState | undefined,
  after: FileState | undefined,
): FileChange | undefined {
  if (before === undefined || after === undefined) {
    if (before === after) return undefined;
    const kind = before === undefined ? 'new' : 'removed';
    return {
      kind,
      path,
      before: facts(before),
      after: facts(after),
      text: kind === 'new' ? newText(after) : 'was removed',
      diff: [],
    };
  }
  const base = { path, before: facts(before), after: facts(after) };
  if (before.kind !== after.kind)
    return { ...base, kind: 'kind', text: `is a ${after.kind} now, and was a ${before.kind}`, diff: [] };
  const attributes = attributesText(before, after);
  // Without a digest on either side, size is what tells.
  const isOther = before.sha256 !== after.sha256 || before.size !== after.size;
  if (!isOther)
    return attributes === '' ? undefined : { ...base, kind: 'attributes', text: attributes, diff: [] };
  const content =
    before.kind === 'link'
      ? 'leads elsewhere'
      : `has other content (${before.size} bytes, now ${after.size})`;
  const diff = before.text !== null && after.text !== null ? lineDiff(before.text, after.text) : [];
  return { ...base, kind: 'content', text: attributes === '' ? content : `${content}; ${attributes}`, diff };
}

/** What the change comes to, by which it is known again. */
export const signatureOf = ({ kind, after }: FileChange): string =>
  after === null
    ? kind
    : `${kind}:${after.kind}:${after.sha256}:${after.size}:${after.mode}:${after.uid}:${after.gid}`;

function facts(state: FileState | undefined): Omit<FileState, 'text'> | null {
  if (state === undefined) return null;
  const { text: _, ...rest } = state;
  return rest;
}

const newText = (state: FileState | undefined): string =>
  `is new${state === undefined ? '' : ` (${state.kind}, mode 0${state.mode.toString(8)}, user ${state.uid})`}`;

function attributesText(before: FileState, after: FileState): string {
  const parts: string[] = [];
  if (before.mode !== after.mode)
    parts.push(
      `mode is 0${after.mode.toString(8)} and was 0${before.mode.toString(8)}${(after.mode & 0o6000) !== 0 && (before.mode & 0o6000) === 0 ? ': it runs with the rights of its owner now' : ''}`,
    );
  if (before.uid !== after.uid) parts.push(`owner is ${after.uid} and was ${before.uid}`);
  if (before.gid !== after.gid) parts.push(`group is ${after.gid} and was ${before.gid}`);
  return parts.join('; ');
}
