/** Rows of the state as what they stand for. */
import type { DocumentKind } from '@runward/protocol';
import type { Row } from '../state/index.js';
import type { Actor, Document, Version, VersionInfo } from './document.js';
import type { VersionState } from './lifecycle.js';

const text = (row: Row, column: string): string => String(row[column]);
export const numberOf = (row: Row, column: string): number => Number(row[column]);
const numberOrNull = (row: Row, column: string): number | null =>
  row[column] === null ? null : Number(row[column]);

const actor = (row: Row, id: string, name: string): Actor => ({
  id: row[id] === null ? null : text(row, id),
  name: text(row, name),
});

// Kinds and states are those that were written.
export const documentOf = (row: Row): Document => ({
  id: text(row, 'id'),
  kind: text(row, 'kind') as DocumentKind,
  name: text(row, 'name'),
  cluster: text(row, 'cluster'),
  namespace: text(row, 'namespace'),
  owner: text(row, 'owner'),
  createdAt: numberOf(row, 'created_at'),
  inForce: numberOrNull(row, 'in_force'),
  latest: { number: numberOf(row, 'latest_number'), state: text(row, 'latest_state') as VersionState },
});

export const infoOf = (row: Row): VersionInfo => ({
  number: numberOf(row, 'number'),
  state: text(row, 'state') as VersionState,
  digest: text(row, 'digest'),
  author: actor(row, 'author', 'author_name'),
  source: text(row, 'source'),
  note: text(row, 'note'),
  createdAt: numberOf(row, 'created_at'),
  decision:
    row.decided_at === null
      ? null
      : {
          by: actor(row, 'decided_by', 'decided_name'),
          at: numberOf(row, 'decided_at'),
          note: text(row, 'decision_note'),
        },
});

export const versionOf = (row: Row): Version => ({ ...infoOf(row), text: text(row, 'text') });
